// What must be true wherever the product runs, whatever a scenario is about. Each namespace is recorded from before its first controller
// on, and judged when its scenario ends (scenario.ts), so that no scenario can leave it out. Says in words what was broken; no vitest here.
import type { Rollout, RolloutStatus } from '../support/rollouts.ts';
import type { ApiClient, KubeObject } from './client.ts';
import type { LoadRecord } from './load-types.ts';
import { pathOf } from './paths.ts';
import { type Recorder, recordVersions, type Version } from './recorder.ts';

export interface Split extends KubeObject {
  readonly spec: { readonly service: string; readonly backends: readonly { readonly service: string; readonly weight: number }[] };
}

interface Run extends KubeObject {
  readonly spec: { readonly rollout?: { readonly uid: string; readonly revision: string; readonly attempt: number } };
  readonly status?: { readonly phase?: string };
}

/** Every stored version of what decides, of what is decided upon, and of what comes of it. */
export interface Histories {
  readonly rollouts: Pick<Recorder<Rollout>, 'versions'>;
  readonly splits: Pick<Recorder<Split>, 'versions'>;
  readonly runs: Pick<Recorder<Run>, 'versions'>;
}

export interface Tolerated {
  /** Requests sent within this time may be lost: from the crash of all pods until the data plane runs with weight 0. */
  readonly lostBetween?: readonly [from: number, to: number];
  /** resourceVersions of the split that the scenario wrote itself. */
  readonly edits?: readonly string[];
}

/** `splitVersion`: the version that splits are read in, where v1alpha4 is not served. */
export async function recordHistories(client: ApiClient, namespace: string, splitVersion = 'v1alpha4') {
  const splitPath = `/apis/split.smi-spec.io/${splitVersion}/namespaces/${namespace}/trafficsplits`;
  const [rollouts, splits, runs] = await Promise.all([
    recordVersions<Rollout>(client, pathOf('rollouts', namespace)),
    recordVersions<Split>(client, splitPath),
    recordVersions<Run>(client, pathOf('analysisruns', namespace)),
  ]);
  return { rollouts, splits, runs };
}

/** All that was broken; empty where all holds. */
export function violations(histories: Histories, lost: readonly LoadRecord[], tolerated: Tolerated = {}): readonly string[] {
  const { edits = [], lostBetween: [from, to] = [0, 0] } = tolerated;
  const shifts = shiftsOf(histories.splits, edits);
  const ours = histories.splits.versions().filter(({ object, change }) => change !== 'deleted' && isOurs(object, edits));
  return [
    ...new Set([
      ...ours.flatMap(({ object }) => weightFaults(object)),
      ...shifts.flatMap((shift) => orderFaults(histories, shift)),
      ...shifts.flatMap((shift) => riseFaults(histories, shift)),
      ...statusFaults(histories),
      ...lostFaults(lost.filter(({ at }) => at < from || at > to)),
    ]),
  ];
}

const uidOf = ({ metadata }: Split): string | undefined => metadata.annotations?.['sluice.dev/rollout-uid'];

const isOurs = (split: Split, edits: readonly string[]): boolean =>
  uidOf(split) !== undefined && !edits.includes(split.metadata.resourceVersion ?? '');

/** Whole weights that sum to 100: never all zero, never a fraction, never a quantity such as `20000m`. */
function weightFaults({ spec: { backends } }: Split): readonly string[] {
  const weights = backends.map(({ weight }) => weight);
  if (!weights.every((weight) => Number.isInteger(weight) && weight >= 0)) return [`weights are not whole: ${JSON.stringify(backends)}`];
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return sum === 100 ? [] : [`weights sum to ${sum}: ${JSON.stringify(backends)}`];
}

/** A version of a split that gives other shares than the one before it. */
interface Shift {
  readonly rolloutUid: string;
  readonly after: Version<Split>;
  readonly before: Split | undefined;
}

function shiftsOf(splits: Histories['splits'], edits: readonly string[]): readonly Shift[] {
  const last = new Map<string, Split>();
  return splits.versions().flatMap((after): readonly Shift[] => {
    const { object, change } = after;
    const uid = object.metadata.uid ?? '';
    const before = last.get(uid);
    last.set(uid, object);
    const rolloutUid = uidOf(object);
    const isSame = before !== undefined && JSON.stringify(before.spec.backends) === JSON.stringify(object.spec.backends);
    return change === 'deleted' || isSame || rolloutUid === undefined || !isOurs(object, edits) ? [] : [{ rolloutUid, after, before }];
  });
}

/** The Rollout as it was stored when this version of another object was; undefined where the recorder missed some of that time. */
function stateAt({ rollouts }: Histories, rolloutUid: string, resourceVersion: bigint): Rollout | undefined {
  const own = rollouts.versions().filter(({ object }) => object.metadata.uid === rolloutUid);
  const next = own.find((version) => version.resourceVersion > resourceVersion);
  return next?.isAfterGap === true ? undefined : own.findLast((version) => version.resourceVersion < resourceVersion)?.object;
}

/** Status before split: at every moment the split says what the status that was stored before it asks for. */
function orderFaults(histories: Histories, { rolloutUid, after }: Shift): readonly string[] {
  const state = stateAt(histories, rolloutUid, after.resourceVersion);
  if (state === undefined) return [];
  return after.object.spec.backends.flatMap(({ service, weight }) => {
    const asked = askedFor(state.status, service.slice(state.metadata.name.length + 1));
    return asked === Number(weight) ? [] : [`the split gives ${service} ${weight}, and the status stored before it asks for ${asked}`];
  });
}

function askedFor(status: RolloutStatus | undefined, revision: string): number {
  const desired = status?.weight?.desired ?? 0;
  if (status?.canaryRevision === revision) return desired;
  return status?.stableRevision === revision ? 100 - desired : 0;
}

/** No weight rises after a failed verdict: neither after the abort in status, nor after the AnalysisRun that failed. */
function riseFaults(histories: Histories, { rolloutUid, after, before }: Shift): readonly string[] {
  const { metadata, status } = stateAt(histories, rolloutUid, after.resourceVersion) ?? {};
  if (metadata === undefined || status?.canaryRevision === undefined) return [];
  const canary = `${metadata.name}-${status.canaryRevision}`;
  const [was, is] = [weightOf(before, canary), weightOf(after.object, canary)];
  if (is <= was) return [];
  const rise = `${canary} rises from ${was} to ${is}`;
  return [
    ...(status.abort === undefined ? [] : [`${rise} after an abort (${status.abort.reason})`]),
    ...(isCondemned(histories, rolloutUid, status, after.resourceVersion) ? [`${rise} after a failed verdict`] : []),
  ];
}

const weightOf = (split: Split | undefined, service: string): number =>
  Number(split?.spec.backends.find((backend) => backend.service === service)?.weight ?? 0);

/** A verdict against this revision and attempt was stored before. */
function isCondemned({ runs }: Histories, rolloutUid: string, { canaryRevision, attempt = 1 }: RolloutStatus, before: bigint): boolean {
  return runs.versions().some(({ object: { spec, status }, resourceVersion }) => {
    const isBad = status?.phase === 'Failed' || status?.phase === 'Error';
    const isOfIt = spec.rollout?.uid === rolloutUid && spec.rollout.revision === canaryRevision && spec.rollout.attempt === attempt;
    return isBad && isOfIt && resourceVersion < before;
  });
}

/** The same of the record itself, which a crash could leave as the last word. */
function statusFaults(histories: Histories): readonly string[] {
  const all = histories.rollouts.versions();
  return all.flatMap(({ object: { metadata, status }, resourceVersion }, at) => {
    if (status?.canaryRevision === undefined) return [];
    const desired = status.weight?.desired ?? 0;
    const before = all.slice(0, at).findLast(({ object }) => object.metadata.uid === metadata.uid)?.object.status;
    const isSameAttempt = before?.canaryRevision === status.canaryRevision && (before.attempt ?? 1) === (status.attempt ?? 1);
    const was = isSameAttempt ? (before?.weight?.desired ?? 0) : 0;
    return [
      ...(status.abort !== undefined && desired > 0 ? [`status asks for ${desired} for ${metadata.name} after an abort`] : []),
      ...(desired > was && isCondemned(histories, metadata.uid ?? '', status, resourceVersion)
        ? [`status raises ${metadata.name} from ${was} to ${desired} after a failed verdict`]
        : []),
    ];
  });
}

const lostFaults = (lost: readonly LoadRecord[]): readonly string[] =>
  lost.length === 0 ? [] : [`${lost.length} requests were lost: ${JSON.stringify(lost.slice(0, 3))}`];
