import { yaml } from '../api/index.ts';
import type { KubeObject } from '../kube/index.ts';
import type { Out } from './outside.ts';

/** As kubectl prints: without the bookkeeping of field managers. */
export function printObject(out: Out, object: KubeObject, output: string): void {
  const { managedFields: _managed, ...metadata } = object.metadata;
  const shown = { ...object, metadata };
  if (output === 'json') out.write(`${JSON.stringify(shown, undefined, 2)}\n`);
  else if (output === 'yaml') out.write(yaml(shown));
  else out.write(`${nameOf(object)}\n`);
}

/** `rollout.sluice.dev/web`. */
export function nameOf({ kind = '', apiVersion = '', metadata }: KubeObject): string {
  const [group = ''] = apiVersion.includes('/') ? apiVersion.split('/') : [''];
  return `${kind.toLowerCase()}${group === '' ? '' : `.${group}`}/${metadata.name}`;
}
