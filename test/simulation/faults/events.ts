import { type ApiObject, type ApiRequest, type ApiWatchEvent, troubles, type WatchCut } from '../../../src/sandbox/api/index.ts';
import type { Replica } from '../../../src/simulation/index.ts';
import type { Fault } from '../play/run.ts';
import { atEvent, between, numberOf, onEvent, oneOf, textOf } from './kit.ts';

const cuts: readonly [WatchCut | 'refused' | 'twice', ...(WatchCut | 'refused' | 'twice')[]] = [
  ...(['close', 'reset', 'gone', 'garbage', 'truncated', 'refused', 'twice'] as const),
];

/** The bookmark that ends what a watch begins with. */
const isInitialEnd = ({ type, object }: ApiWatchEvent): boolean =>
  type === 'BOOKMARK' && (object as Partial<ApiObject>).metadata?.annotations?.['k8s.io/initial-events-end'] === 'true';

export const eventFaults: readonly Fault[] = [
  {
    ...{ name: 'event-dropped', kind: 'F5' },
    text: 'one event of a watch is left out, and the next arrives as if nothing had been; none of those that the watch begins with, which are a list',
    draw: (random, size) => ({ at: atEvent(random, size) }),
    arm(planned, run) {
      const begun = new WeakSet<object>();
      run.hook({
        onEvent({ request, event }) {
          if (isInitialEnd(event)) begun.add(request);
          return undefined;
        },
      });
      onEvent(planned, run, ({ request }) => {
        if (request.query?.sendInitialEvents !== undefined && !begun.has(request)) return undefined;
        run.struck(planned);
        return { kind: 'drop' };
      });
    },
  },
  {
    ...{ name: 'stream-silent', kind: 'F6' },
    text: 'a watch stays open and says nothing more, for up to twenty minutes: a half-open connection, which the end of the faults does not mend',
    draw: (random, size) => ({ at: atEvent(random, size), with: { forMs: between(random, 30_000, 1_200_000) } }),
    arm(planned, run) {
      onEvent(planned, run, ({ replica, request }) => {
        run.struck(planned);
        run.at(run.elapsedMs() + numberOf(planned, 'forMs', 1_200_000), () => watchOf(replica, request)?.cut('reset'));
        return { kind: 'silence' };
      });
    },
  },
  {
    ...{ name: 'watch-cut', kind: 'F7' },
    text: 'a watch ends at one of its events: cleanly, reset, with a 410 inside or on coming back, after rubbish, in mid-line; or the event comes twice',
    draw: (random, size) => ({ at: atEvent(random, size), with: { how: oneOf(random, cuts) } }),
    arm(planned, run) {
      const how = textOf(planned, 'how', 'close');
      let refused: { readonly replica: Replica; readonly path: string } | undefined;
      run.hook({
        onCall({ sort, replica, request }) {
          if (refused === undefined || run.isHealed) return undefined;
          if (sort !== 'watch' || replica !== refused.replica || request.path !== refused.path) return undefined;
          refused = undefined;
          return { kind: 'answer', answer: troubles.gone() };
        },
      });
      onEvent(planned, run, ({ replica, request }) => {
        run.struck(planned);
        if (how === 'twice') return { kind: 'twice' };
        if (how !== 'refused') return { kind: 'cut', how: how as WatchCut };
        refused = { replica, path: request.path };
        return { kind: 'cut', how: 'close' };
      });
    },
  },
];

const watchOf = (replica: Replica, request: ApiRequest) => replica.watches().find((watch) => watch.request === request);
