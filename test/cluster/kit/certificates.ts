import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificates {
  readonly dir: string;
  /** Path of a file made here, such as `ca.crt`. */
  file(name: string): string;
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'];

/** Two authorities (serving, front proxy), the leaves they sign, and the key of service account tokens. Needs openssl 3. */
export function makeCertificates(dir: string, addresses: readonly string[]): Certificates {
  const file = (name: string) => join(dir, name);
  const authority = (name: string) =>
    openssl([
      'req',
      '-x509',
      ...KEY,
      '-subj',
      `/CN=bed-${name}`,
      '-addext',
      'keyUsage=critical,keyCertSign,digitalSignature',
      '-keyout',
      file(`${name}.key`),
      '-out',
      file(`${name}.crt`),
    ]);
  const leaf = (name: string, ca: string, subject: string, names: readonly string[]) =>
    openssl([
      ...['req', '-x509', ...KEY, '-CA', file(`${ca}.crt`), '-CAkey', file(`${ca}.key`), '-subj', `/CN=${subject}`],
      ...['-addext', 'basicConstraints=critical,CA:FALSE', '-addext', 'extendedKeyUsage=serverAuth,clientAuth'],
      ...(names.length > 0 ? ['-addext', `subjectAltName=${names.join(',')}`] : []),
      ...['-keyout', file(`${name}.key`), '-out', file(`${name}.crt`)],
    ]);
  authority('ca');
  authority('front-proxy-ca');
  const hosts = ['DNS:localhost', 'DNS:kubernetes', 'DNS:kubernetes.default.svc', ...addresses.map((address) => `IP:${address}`)];
  leaf('apiserver', 'ca', 'kube-apiserver', hosts);
  leaf('front-proxy', 'front-proxy-ca', 'front-proxy', []);
  leaf('metrics-api', 'ca', 'metrics-api', ['DNS:metrics-api.bed-system.svc']);
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(file('service-account.key'), privateKey.export({ type: 'sec1', format: 'pem' }));
  writeFileSync(file('service-account.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  return { dir, file };
}

function openssl(args: readonly string[]): void {
  execFileSync('openssl', [...args], { stdio: ['ignore', 'ignore', 'pipe'] });
}
