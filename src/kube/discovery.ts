import { isObject } from '../lib/json.ts';
import { ok, type Result } from '../lib/result.ts';
import type { KubeFailure } from './failure.ts';
import type { KubeClient } from './kube-client.ts';
import type { Resource } from './object.ts';

export interface ApiGroup {
  /** Empty for the core group. */
  readonly name: string;
  /** Preferred first, as the server orders them. */
  readonly versions: readonly string[];
  readonly preferredVersion: string;
}

export interface ServedResource extends Resource {
  readonly verbs: readonly string[];
  readonly subresources: readonly string[];
}

/** The API groups that the server serves, the core group among them. */
export async function discover(client: Pick<KubeClient, 'raw'>, signal?: AbortSignal): Promise<Result<readonly ApiGroup[], KubeFailure>> {
  const reply = await client.raw('GET', '/apis', {}, signal);
  if (!reply.ok) return reply;
  const core: ApiGroup = { name: '', versions: ['v1'], preferredVersion: 'v1' };
  return ok([core, ...members(reply.value, 'groups').flatMap(readGroup)]);
}

/**
 * The resources of one group version. Undefined where it is not served, or where the aggregated API behind it does not answer:
 * one broken extension must not stop the discovery of all others.
 */
export async function discoverResources(
  client: Pick<KubeClient, 'raw'>,
  { group, version }: { group: string; version: string },
  signal?: AbortSignal,
): Promise<Result<readonly ServedResource[] | undefined, KubeFailure>> {
  const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const reply = await client.raw('GET', path, { retry: false }, signal);
  if (!reply.ok) return reply.failure.kind === 'notFound' || reply.failure.kind === 'unavailable' ? ok(undefined) : reply;
  const listed = members(reply.value, 'resources');
  return ok(listed.flatMap((entry) => readResource(entry, listed, { group, version })));
}

function readGroup(entry: Record<string, unknown>): ApiGroup[] {
  const versions = members(entry, 'versions').flatMap((version) => (typeof version.version === 'string' ? [version.version] : []));
  const [first] = versions;
  if (typeof entry.name !== 'string' || first === undefined) return [];
  const preferred = isObject(entry.preferredVersion) ? entry.preferredVersion.version : undefined;
  return [{ name: entry.name, versions, preferredVersion: typeof preferred === 'string' ? preferred : first }];
}

function readResource(
  entry: Record<string, unknown>,
  all: readonly Record<string, unknown>[],
  { group, version }: { group: string; version: string },
): ServedResource[] {
  const { name, kind } = entry;
  if (typeof name !== 'string' || typeof kind !== 'string' || name.includes('/')) return [];
  const prefix = `${name}/`;
  const subresources = all.flatMap(({ name: other }) =>
    typeof other === 'string' && other.startsWith(prefix) ? [other.slice(prefix.length)] : [],
  );
  const verbs = (Array.isArray(entry.verbs) ? entry.verbs : []).filter((verb) => typeof verb === 'string');
  return [{ group, version, plural: name, kind, namespaced: entry.namespaced === true, verbs, subresources }];
}

function members(value: unknown, field: string): readonly Record<string, unknown>[] {
  const list = isObject(value) ? value[field] : undefined;
  return Array.isArray(list) ? list.filter(isObject) : [];
}
