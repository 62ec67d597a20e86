import type { Cluster } from './cluster.ts';
import { apiVersionOf } from './kinds/index.ts';
import type { ApiAnswer, ApiObject, ApiRequest } from './port.ts';

/** What every cluster has from its first moment. */
const always: readonly unknown[] = [
  ...['default', 'kube-node-lease', 'kube-public', 'kube-system'].map((name) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  })),
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443, targetPort: 6443 }] },
  },
];

/** Creates what a server begins with. An object that is refused is a mistake of whoever starts the server: it throws. */
export function createFirst({ kinds }: Cluster, given: readonly unknown[], send: (request: ApiRequest) => ApiAnswer): void {
  for (const object of [...always, ...given]) {
    const { apiVersion = 'v1', kind: name, metadata } = object as ApiObject;
    const slash = apiVersion.indexOf('/');
    const [group, version] = slash < 0 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
    const kind = kinds.byKind(group, name);
    if (kind === undefined) throw new Error(`no kind ${name} in the group ${JSON.stringify(group)}`);
    const place = kind.namespaced ? `/namespaces/${metadata.namespace ?? 'default'}` : '';
    const path = `${group === '' ? '/api' : '/apis'}/${apiVersionOf(group, version)}${place}/${kind.plural}`;
    const { status, body } = send({ method: 'POST', path, body: object });
    if (status >= 300) throw new Error(`${name} ${metadata.name}: ${JSON.stringify(body)}`);
  }
}
