import type { Manager } from './apply/index.ts';
import { apiVersionOf, type Kind, type KindVersion } from './kinds/index.ts';
import type { ApiRequest } from './port.ts';
import type { GroupName } from './status.ts';

/** Who asks. */
export interface User {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
}

/** One request to a resource, read. */
export interface Call {
  readonly request: ApiRequest;
  readonly kind: Kind;
  readonly version: KindVersion;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  readonly user: User;
  readonly nowMs: number;
  /** For people: put into the `Warning` header. */
  readonly warnings: string[];
}

export const queryText = ({ query }: ApiRequest, name: string): string | undefined => {
  const value = query?.[name];
  return value === undefined || value === '' ? undefined : String(value);
};
export const queryFlag = (request: ApiRequest, name: string): boolean => {
  const value = queryText(request, name);
  return value !== undefined && value !== 'false' && value !== '0';
};

export const resourceOf = ({ kind }: Call): GroupName => ({ group: kind.group, name: kind.plural });
export const kindOf = ({ kind }: Call): GroupName => ({ group: kind.group, name: kind.kind });
export const tableKey = (namespace: string | undefined, name: string): string => (namespace === undefined ? name : `${namespace}/${name}`);
export const isDryRun = ({ request }: Call): boolean => queryText(request, 'dryRun') === 'All';

/** Who owns the fields that the request writes: the field manager it names, else the program. */
export function managerOf({ request, kind, version, subresource }: Call, operation: Manager['operation']): Manager {
  const agent = request.headers?.['user-agent'] ?? 'unknown';
  const manager = queryText(request, 'fieldManager') ?? agent.split('/')[0] ?? 'unknown';
  return { manager: manager.slice(0, 128), operation, apiVersion: apiVersionOf(kind.group, version.name), subresource: subresource ?? '' };
}

/** RFC 3339 in whole seconds, as the API writes moments. */
export function timestamp(ms: number): string {
  const second = Math.floor(ms / 1_000);
  if (second !== last.second) last = { second, text: `${new Date(ms).toISOString().slice(0, 19)}Z` };
  return last.text;
}

/** Most of what happens, happens in the second in which the last thing did. */
let last = { second: Number.NaN, text: '' };
