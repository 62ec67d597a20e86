import { isObject } from '../lib/json.ts';
import { ok, type Result } from '../lib/result.ts';
import type { KubeFailure } from './failure.ts';
import type { KubeClient } from './kube-client.ts';

export interface ApiGroup {
  /** Empty for the core group. */
  readonly name: string;
  /** Preferred first, as the server orders them. */
  readonly versions: readonly string[];
  readonly preferredVersion: string;
}

/** The API groups that the server serves, the core group among them. */
export async function discover(client: Pick<KubeClient, 'raw'>, signal?: AbortSignal): Promise<Result<readonly ApiGroup[], KubeFailure>> {
  const reply = await client.raw('GET', '/apis', {}, signal);
  if (!reply.ok) return reply;
  const core: ApiGroup = { name: '', versions: ['v1'], preferredVersion: 'v1' };
  return ok([core, ...members(reply.value, 'groups').flatMap(readGroup)]);
}

function readGroup(entry: Record<string, unknown>): ApiGroup[] {
  const versions = members(entry, 'versions').flatMap((version) => (typeof version.version === 'string' ? [version.version] : []));
  const [first] = versions;
  if (typeof entry.name !== 'string' || first === undefined) return [];
  const preferred = isObject(entry.preferredVersion) ? entry.preferredVersion.version : undefined;
  return [{ name: entry.name, versions, preferredVersion: typeof preferred === 'string' ? preferred : first }];
}

function members(value: unknown, field: string): readonly Record<string, unknown>[] {
  const list = isObject(value) ? value[field] : undefined;
  return Array.isArray(list) ? list.filter(isObject) : [];
}
