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

/**
 * It ended as it must, and for half a minute the same controller has led and has written nothing but its lease and Events: while nobody
 * leads, nothing has come to rest. Nor while somebody else has just changed what the Rollout is about, while a pod is starting, or while it
 * leaves alone what others keep writing, which it does for five minutes.
 */
export function settledIn(run: Run, ending: Ending): boolean {
  if (run.leader() === undefined) return false;
  if (run.elapsedMs() - lastNewsMs(run) <= quietMs) return false;
  return endsAs(run, ending) && !isContended(run) && !isStarting(run);
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

const newest = new WeakMap<Run['commits'], { seen: number; atMs: number }>();

/** When the last write that is news was made. Asked every second: no write is looked at twice. */
function lastNewsMs({ commits }: Run): number {
  let known = newest.get(commits);
  if (known === undefined) {
    known = { seen: 0, atMs: Number.NEGATIVE_INFINITY };
    newest.set(commits, known);
  }
  for (; known.seen < commits.length; known.seen += 1) {
    const commit = commits[known.seen];
    if (commit !== undefined && isNews(commit)) known.atMs = commit.atMs;
  }
  return known.atMs;
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
