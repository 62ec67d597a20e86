import type { Pod } from '../objects/index.ts';
import { type Latency, parseLatency } from './latency.ts';

/** How the program in a pod behaves: what a release is like, for those who call it. */
export interface Behaviour {
  /** Share of requests that the program answers with `errorCode`, 0 to 1. */
  readonly errorRate: number;
  readonly errorCode: number;
  readonly latency: Latency;
  readonly startDelayMs: number;
  readonly isNeverReady: boolean;
  /** Ready for so long only. */
  readonly unreadyAfterMs: number | undefined;
  readonly crashAfterMs: number | undefined;
  readonly crashAfterRequests: number | undefined;
  /** The first back-off after a crash; each further one is twice as long, up to 10 s. */
  readonly crashBackOffMs: number;
  /** How long a deleted pod still serves, as a preStop hook makes it. */
  readonly shutdownGraceMs: number;
  /** What is asked above this rate is answered with 503; undefined: it takes all. */
  readonly capacityPerSecond: number | undefined;
}

export const defaultBehaviour: Behaviour = {
  ...{ errorRate: 0, errorCode: 500, latency: { kind: 'fixed', ms: 5 }, startDelayMs: 0, isNeverReady: false },
  ...{ unreadyAfterMs: undefined, crashAfterMs: undefined, crashAfterRequests: undefined },
  ...{ crashBackOffMs: 1_000, shutdownGraceMs: 1_500, capacityPerSecond: undefined },
};

/** What the caller says of pods that say nothing themselves: of an image, a revision, or one pod. */
export type Profiles = (pod: Pod) => Partial<Behaviour> | undefined;

const prefix = 'bed.sluice.dev/';

/** The pod's own annotations first (those of the test bed), then the profile, then what is usual. */
export function behaviourOf(pod: Pod, profiles: Profiles | undefined): Behaviour {
  return { ...defaultBehaviour, ...profiles?.(pod), ...annotatedBehaviour(pod.metadata.annotations ?? {}) };
}

function annotatedBehaviour(annotations: Readonly<Record<string, string>>): Partial<Behaviour> {
  const text = (name: string): string | undefined => annotations[`${prefix}${name}`];
  const number = (name: string): number | undefined => {
    const value = Number(text(name));
    return text(name) === undefined || Number.isNaN(value) ? undefined : value;
  };
  const crashAfterRequests = number('crash-after-requests');
  const loops = text('crash-loop') === 'true' && crashAfterRequests === undefined ? 1_000 : undefined;
  return defined({
    errorRate: number('error-rate'),
    errorCode: number('error-code'),
    latency: parseLatency(text('latency-ms')),
    startDelayMs: number('start-delay-ms'),
    isNeverReady: text('never-ready') === undefined ? undefined : text('never-ready') === 'true',
    unreadyAfterMs: number('unready-after-ms'),
    crashAfterMs: number('crash-after-ms') ?? loops,
    crashAfterRequests,
    crashBackOffMs: number('crash-backoff-ms'),
    shutdownGraceMs: number('shutdown-grace-ms'),
    capacityPerSecond: number('capacity-per-second'),
  });
}

function defined(given: { readonly [Field in keyof Behaviour]: Behaviour[Field] | undefined }): Partial<Behaviour> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
