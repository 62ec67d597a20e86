import type { Resource } from '../../../src/kube/index.ts';
import type { Ending, Run, SeenCommit, Subject } from './run.ts';

export interface RolloutSeen {
  readonly apiVersion: string;
  readonly metadata: { readonly uid: string; readonly generation: number; readonly deletionTimestamp?: string };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: {
    readonly phase?: string;
    readonly observedGeneration?: number;
    readonly stableRevision?: string;
    readonly canaryRevision?: string;
    readonly message?: string;
    readonly [field: string]: unknown;
  };
}

export const rollouts: Resource = { group: 'sluice.dev', version: 'v1alpha1', plural: 'rollouts', kind: 'Rollout', namespaced: true };

const rolloutTable = `${rollouts.group}/${rollouts.plural}`;

/** The Rollout as it is stored; undefined where it is gone. */
export const rolloutOf = ({ sandbox, subject }: { readonly sandbox: Run['sandbox']; readonly subject: Subject }): RolloutSeen | undefined =>
  sandbox.server.store.get(rolloutTable, `${subject.namespace}/${subject.rollout}`) as unknown as RolloutSeen | undefined;

const quietMs = 30_000;

/** A leader renews its lease every other second: one that has not for so long stands still, whoever it is. */
const standstillMs = 10_000;

/**
 * It ended as it must, and for half a minute the same controller has led, has renewed its lease all the time, and has written nothing but that and Events:
 * while nobody leads, or the leader stands still, nothing has come to rest. Nor while somebody else has just changed what the Rollout is about, while a pod is
 * starting or has not even been asked for (news of the count may be late), or while it leaves alone what others keep writing, which it does for five minutes.
 */
export function settledIn(run: Run, ending: Ending): boolean {
  const leader = run.leader();
  if (leader === undefined) return false;
  const { atMs, renewedMs } = lastNews(run);
  const nowMs = run.elapsedMs();
  if (nowMs - atMs <= quietMs || nowMs - (renewedMs.get(leader.identity) ?? Number.NEGATIVE_INFINITY) > standstillMs) return false;
  return endsAs(run, ending) && !isContended(run) && !isStarting(run) && !isShort(run);
}

interface CountSeen {
  readonly spec?: { readonly replicas?: number };
}

/** Stable has not even been asked for as many pods as the Rollout is. */
function isShort(run: Run): boolean {
  const { spec, status } = rolloutOf(run) ?? {};
  const [{ replicas: wanted } = {}, { namespace, rollout }] = [spec as CountSeen['spec'], run.subject];
  const stable = run.sandbox.server.store.get(
    'apps/deployments',
    `${namespace}/${rollout}-${status?.stableRevision}`,
  ) as unknown as CountSeen;
  return (stable?.spec?.replicas ?? Number.POSITIVE_INFINITY) < (wanted ?? 0);
}

/** The slowest of the workloads starts in half a minute; one that takes longer than this will not be ready by itself. */
const startingMs = 60_000;

interface PodSeen {
  readonly metadata: { readonly creationTimestamp?: string; readonly deletionTimestamp?: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** A pod that somebody asked for not long ago is to be ready yet. */
function isStarting({ sandbox, sim, subject }: Run): boolean {
  const sinceMs = sim.clock.nowMs() - startingMs;
  return sandbox.server.store.list('pods', `${subject.namespace}/`).some((pod) => {
    const { metadata, status } = pod as unknown as PodSeen;
    const isReady = status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True');
    return metadata.deletionTimestamp === undefined && isReady !== true && Date.parse(metadata.creationTimestamp ?? '') > sinceMs;
  });
}

interface News {
  seen: number;
  atMs: number;
  /** By the identity of a process: when it last wrote its lease. */
  readonly renewedMs: Map<string, number>;
}

const newest = new WeakMap<Run['commits'], News>();

/** When the last write that is news was made: a lease that is renewed after a standstill is, too. Asked every second: no write is looked at twice. */
function lastNews({ commits }: Run): News {
  let known = newest.get(commits);
  if (known === undefined) {
    known = { seen: 0, atMs: Number.NEGATIVE_INFINITY, renewedMs: new Map() };
    newest.set(commits, known);
  }
  for (; known.seen < commits.length; known.seen += 1) {
    const commit = commits[known.seen];
    if (commit === undefined) continue;
    if (isNews(commit) || isReturn(known, commit)) known.atMs = commit.atMs;
  }
  return known;
}

/** Also notes the renewal. */
function isReturn({ renewedMs }: News, { by, object, atMs }: SeenCommit): boolean {
  if (by === undefined || object.kind !== 'Lease') return false;
  const beforeMs = renewedMs.get(by.replica.identity) ?? Number.NEGATIVE_INFINITY;
  renewedMs.set(by.replica.identity, atMs);
  return atMs - beforeMs > standstillMs;
}

const contentionMs = 300_000;

function isContended(run: Run): boolean {
  const corrections = (rolloutOf(run)?.status?.corrections ?? []) as readonly { readonly at: string }[];
  const nowMs = run.sim.clock.nowMs();
  return corrections.filter(({ at }) => Date.parse(at) > nowMs - contentionMs - quietMs).length >= 3;
}

/** What a mesh's adapter writes is among it: pods wait for what that says. */
const concerned = new Set(['Rollout', 'Deployment', 'Service', 'TrafficSplit', 'ServiceProfile', 'VirtualService']);

function isNews({ by, object, previous }: SeenCommit): boolean {
  if (by === undefined) return concerned.has(object.kind);
  if (object.kind === 'Event') return false;
  return object.kind !== 'Lease' || holderOf(object) !== holderOf(previous);
}

const holderOf = (lease: SeenCommit['previous']): string | undefined =>
  (lease as { readonly spec?: { readonly holderIdentity?: string } } | undefined)?.spec?.holderIdentity;

export function endsAs(run: Run, { phases, isGone = false, mayAwait = false }: Ending): boolean {
  const rollout = rolloutOf(run);
  if (rollout === undefined) return isGone;
  return phases.includes(rollout.status?.phase ?? '') || (mayAwait && isInconclusive(rollout));
}

function isInconclusive({ status }: RolloutSeen): boolean {
  const conditions = (status?.conditions ?? []) as readonly { readonly reason?: string }[];
  return status?.phase === 'Paused' && conditions.some(({ reason }) => reason === 'AnalysisInconclusive');
}
