import { parse } from 'yaml';
import { z } from 'zod';
import type { KubeClient, KubeFailure, Resource } from '../../kube/index.ts';
import type { Clock, Result } from '../../lib/index.ts';
import { fail, ok } from '../../lib/index.ts';

/** The Kubernetes user that a chat account stands for. */
export interface Person {
  readonly username: string;
  readonly groups: readonly string[];
}

export type Found =
  | { readonly kind: 'person'; readonly person: Person }
  | { readonly kind: 'unknown' }
  /** The entry is there and cannot be used. */
  | { readonly kind: 'broken'; readonly problem: string };

/** Whom chat accounts stand for: an admin says so in one ConfigMap, by ids and never by names. */
export interface Accounts {
  /** For the hint to those who are not in it: `sluice-system/sluice-accounts`. */
  readonly configMap: string;
  find(key: string, signal: AbortSignal): Promise<Result<Found, KubeFailure>>;
}

const configMaps: Resource = { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true };

/** How long a read holds: an account that is taken out of the map decides nothing more after this. */
const freshMs = 5_000;

type Data = Readonly<Record<string, unknown>>;

export function configMapAccounts({
  client,
  clock,
  namespace,
  name,
}: {
  readonly client: Pick<KubeClient, 'get'>;
  readonly clock: Clock;
  readonly namespace: string;
  readonly name: string;
}): Accounts {
  let known: { readonly atMs: number; readonly data: Data } | undefined;
  return {
    configMap: `${namespace}/${name}`,
    async find(key, signal) {
      if (known === undefined || clock.monotonicMs() - known.atMs >= freshMs) {
        const atMs = clock.monotonicMs();
        const read = await client.get(configMaps, { namespace, name }, signal);
        // What cannot be read maps nobody; an old reading might map somebody who was taken out.
        if (!read.ok && read.failure.kind !== 'notFound') return read;
        known = { atMs, data: read.ok && isData(read.value.data) ? read.value.data : {} };
      }
      return ok(personOf(Object.hasOwn(known.data, key) ? known.data[key] : undefined));
    },
  };
}

const isData = (value: unknown): value is Data => typeof value === 'object' && value !== null && !Array.isArray(value);

const entry = z.strictObject({ user: z.string().min(1).max(1_024), groups: z.array(z.string().min(1).max(1_024)).max(100).default([]) });

/** A user name as it stands, or `{user, groups}` in YAML or JSON. */
export function personOf(value: unknown): Found {
  if (typeof value !== 'string' || value.trim() === '') return { kind: 'unknown' };
  const text = value.trim();
  const isPlain = !text.startsWith('{') && !/^(user|groups):(\s|$)/m.test(text);
  const read = isPlain ? ok({ user: text, groups: [] }) : readEntry(text);
  if (!read.ok) return { kind: 'broken', problem: read.failure };
  const { user, groups } = read.value;
  if (user.length > 1_024 || /\s/.test(user)) return { kind: 'broken', problem: 'is no user name' };
  // These are not people: nobody speaks in a chat with the cluster's own power.
  const isOfCluster = user.startsWith('system:') && !user.startsWith('system:serviceaccount:');
  if (isOfCluster || groups.includes('system:masters')) return { kind: 'broken', problem: 'names the cluster’s own' };
  return { kind: 'person', person: { username: user, groups: [...new Set([...groups, 'system:authenticated'])] } };
}

function readEntry(text: string): Result<z.output<typeof entry>, string> {
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0 });
  } catch {
    return fail('is neither a user name nor {user, groups}');
  }
  const parsed = entry.safeParse(value);
  return parsed.success ? ok(parsed.data) : fail('is neither a user name nor {user, groups}');
}
