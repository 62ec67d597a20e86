import { compareResourceVersions } from '../../../src/kube/index.ts';
import type { ApiObject, ApiRequest } from '../../../src/sandbox/api/index.ts';
import type { Law, SeenCall } from '../play/run.ts';
import { PerKey, type RunSeen, statusChange } from './seen.ts';
import { hasFrozen } from './witness.ts';

/** What a write says of the object that it was decided upon. */
interface Assumed {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

interface BodySeen {
  readonly metadata?: Assumed & { readonly name?: string; readonly generateName?: string };
  readonly preconditions?: Assumed;
}
interface PatchOperation {
  readonly op: string;
  readonly path: string;
  readonly value?: unknown;
}

/** Transports send text. */
const parsed = ({ body }: ApiRequest): unknown => (typeof body === 'string' ? JSON.parse(body) : body);

const assumed = new WeakMap<ApiRequest, Assumed>();

/** Read once, for all who ask. */
function assumedBy(request: ApiRequest): Assumed {
  let found = assumed.get(request);
  if (found === undefined) {
    found = readAssumed(request);
    assumed.set(request, found);
  }
  return found;
}

function readAssumed(request: ApiRequest): Assumed {
  const { method } = request;
  const body = parsed(request);
  if (Array.isArray(body)) {
    const test = (path: string) =>
      (body as readonly PatchOperation[]).find((operation) => operation.op === 'test' && operation.path === path)?.value;
    return { uid: test('/metadata/uid') as string | undefined, resourceVersion: test('/metadata/resourceVersion') as string | undefined };
  }
  const { metadata, preconditions } = (body ?? {}) as BodySeen;
  return (method === 'DELETE' ? preconditions : metadata) ?? {};
}

/** Writes on objects that are there. Events are records beside the work, and nobody decides by them; reviews are questions. */
const isOnObject = ({ sort, request: { method, path } }: SeenCall): boolean =>
  sort === 'effect' && method !== 'POST' && !path.includes('/events/');

const isLease = ({ path }: ApiRequest): boolean => path.includes('/leases');

/** One object, whatever part of it is written. */
const objectOf = ({ path }: ApiRequest): string => path.replace(/\/(status|scale)$/, '');

export const carriesItsVersion: Law = {
  id: 'I29',
  text:
    'Every change that a controller sends carries the resourceVersion of what it was decided on, a removal at least its uid (revisions are immutable), so that there is no unconditional write. ' +
    '(Whether a new version was read only to send an old decision again cannot be seen from outside; what comes of it can: I3, I11, I13.)',
  watch: (_, judge) => ({
    onCall(call) {
      if (!isOnObject(call)) return undefined;
      const { method, path } = call.request;
      const { uid, resourceVersion } = assumedBy(call.request);
      const isBound =
        method === 'DELETE' ? uid !== undefined || resourceVersion !== undefined : resourceVersion !== undefined && resourceVersion !== '';
      return judge(isBound ? undefined : `${method} ${path} is sent without a version`);
    },
  }),
};

export const onceIsEnough: Law = {
  id: 'I30',
  text:
    'After an unknown outcome nothing is done twice: what a controller creates has a name of its own choosing, a try has one entry of history and one run for each analysis and round. (That the next action is a read is not asked: ' +
    'the watch reads, and I29 makes a blind repetition harmless.)',
  watch: (_, judge) => {
    const runs = new Map<string, string>();
    return {
      onCall({ sort, request }) {
        const { method, path } = request;
        if (sort !== 'effect' || method !== 'POST') return undefined;
        const { metadata } = (parsed(request) ?? {}) as BodySeen;
        const isQuestion = path.includes('reviews');
        return isQuestion
          ? undefined
          : judge(metadata?.name === undefined || metadata.name === '' ? `POST ${path} leaves the name to the server` : undefined);
      },
      onCommit(commit) {
        const { object, type, by, key } = commit;
        if (object.kind === 'AnalysisRun' && type === 'ADDED' && by !== undefined) {
          const { rollout } = (object as unknown as RunSeen).spec;
          if (rollout === undefined) return undefined;
          const id = [rollout.uid, rollout.revision, rollout.attempt, rollout.kind, rollout.step ?? '', rollout.round ?? 1].join(' ');
          const before = runs.get(id);
          runs.set(id, key);
          return judge(before === undefined || before === key ? undefined : `${key} is made beside ${before}`);
        }
        const change = statusChange(commit);
        if (change === undefined || change.before.history === change.after.history) return undefined;
        const entries = (change.after.history ?? []).map(({ revision, startedAt, outcome }) => `${revision} ${startedAt} ${outcome}`);
        return judge(new Set(entries).size < entries.length ? `history has an entry twice: ${entries.join('; ')}` : undefined);
      },
    };
  },
};

export const sameObject: Law = {
  id: 'I31',
  text: 'Every change and removal that a controller sends names the uid of the object that it was decided upon, so that it can hit no other of that name. (A Lease is known by its holder.)',
  watch: (_, judge) => ({
    onCall(call) {
      if (!isOnObject(call) || isLease(call.request)) return undefined;
      const { uid } = assumedBy(call.request);
      return judge(uid === undefined || uid === '' ? `${call.request.method} ${call.request.path} is sent without a uid` : undefined);
    },
  }),
};

/** An answer is on its way for so long at most, where nothing keeps it. */
const underWayMs = 12;

interface Known {
  sent: string | undefined;
  acknowledged: { readonly version: string; readonly atMs: number } | undefined;
}

export const neverBackward: Law = {
  id: 'I32',
  text: 'A process never decides on an older version of an object than it did before, nor on one from before its own last write of which it had the answer. (A process that stood still sends what it had ready: of it only the first half is asked.)',
  watch(run, judge) {
    const known = new PerKey<Known>(() => ({ sent: undefined, acknowledged: undefined }));
    const keyFor = ({ replica, request }: SeenCall) => `${replica.identity} ${objectOf(request)}`;
    return {
      onCall(call) {
        if (!isOnObject(call)) return undefined;
        const { resourceVersion: version } = assumedBy(call.request);
        if (version === undefined || version === '') return undefined;
        const state = known.of(keyFor(call));
        const before = state.sent;
        state.sent = version;
        if (before !== undefined && compareResourceVersions(version, before) < 0)
          return judge(`${objectOf(call.request)} at ${version}, after ${before}`);
        const { acknowledged } = state;
        const isHeard = acknowledged !== undefined && call.sentMs > acknowledged.atMs + underWayMs && !hasFrozen(run);
        const isOld = isHeard && compareResourceVersions(version, acknowledged.version) < 0;
        return judge(isOld ? `${objectOf(call.request)} at ${version}, though its own write made ${acknowledged.version}` : undefined);
      },
      onAnswer(call, { status, body }) {
        if (!isOnObject(call) || status >= 300 || call.request.method === 'DELETE') return undefined;
        const version = (body as ApiObject | undefined)?.metadata?.resourceVersion;
        if (version !== undefined) known.of(keyFor(call)).acknowledged = { version, atMs: run.elapsedMs() };
        return undefined;
      },
    };
  },
};
