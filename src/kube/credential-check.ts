import { X509Certificate } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { TlsMaterial } from './transport.ts';

/** What a connection would stumble over later, said before: throws with a sentence. */
export function checkTls({ ca, cert, key }: TlsMaterial): void {
  // OpenSSL itself takes a bundle without a single certificate, and then trusts nobody.
  if (ca !== undefined) saying('the certificate authority cannot be read', () => new X509Certificate(ca));
  saying('the client certificate and its key cannot be used', () =>
    createSecureContext({ ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) }),
  );
}

/** A credential plugin that is not there, or is no program. */
export function checkCommand(command: string, path = process.env.PATH ?? ''): void {
  const candidates = command.includes('/') ? [command] : path.split(delimiter).map((directory) => join(directory, command));
  if (!candidates.some(isProgram)) throw new Error(`the credential plugin ${command} is not there, or is no program`);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function saying(what: string, read: () => unknown): void {
  try {
    read();
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
