import type { RolloutStatus } from '../core/rollout.ts';
import { isoOf, msOf } from '../core/time.ts';
import type { Revision, Traffic, World } from '../core/world.ts';

/** Leaders may be that far apart, each by the time of the cluster. */
const toleranceMs = 10_000;

/**
 * Moments that lie ahead were written down before the clocks of the whole cluster were set back (ours alone is not followed): what has begun then would be waited
 * for until that time comes again. Each counts from when this process first saw it, which is later than it was, and keeps to that.
 */
export class Moments {
  /** By Rollout: a moment as it is written, and since when it counts. */
  #seen = new Map<string, ReadonlyMap<number, number>>();

  /** The world as if it had been written down by the clock as it goes now. */
  settle(key: string, world: World): World {
    const known = this.#seen.get(key);
    const still = new Map<number, number>();
    const since = (ms: number): number => {
      const before = known?.get(ms);
      const isAhead = ms > world.nowMs + toleranceMs;
      // Set back once more: it is seen anew.
      const countsFrom = before !== undefined && before <= world.nowMs ? before : isAhead ? world.nowMs : undefined;
      if (countsFrom === undefined) return ms;
      still.set(ms, countsFrom);
      return countsFrom;
    };
    const settled = settledBy(world, since);
    // What is asked for no more is over.
    if (still.size > 0) this.#seen.set(key, still);
    else this.#seen.delete(key);
    return still.size > 0 ? settled : world;
  }

  forget(key: string): void {
    this.#seen.delete(key);
  }
}

type Since = (ms: number) => number;

function settledBy(world: World, since: Since): World {
  const { rollout, traffic, revisions } = world;
  return {
    ...world,
    rollout: { ...rollout, status: statusBy(world, since) },
    traffic: trafficBy(traffic, since),
    revisions: revisions.map((revision) => revisionBy(revision, since)),
  };
}

function statusBy({ rollout: { spec, status }, traffic }: World, since: Since): RolloutStatus {
  const at = (moment: string): string => {
    const ms = msOf(moment);
    const countsFrom = since(ms);
    return countsFrom === ms ? moment : isoOf(countsFrom);
  };
  const { step, weight, stage, waiting, canaryUnavailableSince, warm, corrections } = status;
  const { confirmation, scaleDownDelay, abortScaleDownDelay } = spec.strategy.canary;
  const lagMs = confirmation.maxLag ?? (traffic.kind === 'usable' ? traffic.defaultMaxLagMs : 0);
  const longestMs = Math.max(scaleDownDelay, abortScaleDownDelay, 2 * lagMs);
  return {
    ...status,
    ...(step === undefined ? {} : { step: { ...step, startedAt: at(step.startedAt) } }),
    ...(weight?.confirmedAt === undefined ? {} : { weight: { ...weight, confirmedAt: at(weight.confirmedAt) } }),
    ...(stage === undefined ? {} : { stage: { ...stage, since: at(stage.since) } }),
    ...(waiting === undefined ? {} : { waiting: waitingBy(waiting, at) }),
    ...(canaryUnavailableSince === undefined ? {} : { canaryUnavailableSince: at(canaryUnavailableSince) }),
    // The end of a delay: it lies ahead by as much as the delay, and no more.
    ...(warm === undefined ? {} : { warm: warm.map((entry) => ({ ...entry, until: laterBy(longestMs, entry.until, at) })) }),
    ...(corrections === undefined ? {} : { corrections: corrections.map((entry) => ({ ...entry, at: at(entry.at) })) }),
  };
}

type Waiting = NonNullable<RolloutStatus['waiting']>;

const waitingBy = ({ stoppedAt, ...waiting }: Waiting, at: (moment: string) => string): Waiting => ({
  ...waiting,
  since: at(waiting.since),
  ...(stoppedAt === undefined ? {} : { stoppedAt: at(stoppedAt) }),
});

function laterBy(delayMs: number, end: string, at: (moment: string) => string): string {
  const began = isoOf(msOf(end) - delayMs);
  const countsFrom = at(began);
  return countsFrom === began ? end : isoOf(msOf(countsFrom) + delayMs);
}

function trafficBy(traffic: Traffic, since: Since): Traffic {
  if (traffic.kind === 'unusable' || traffic.split.kind === 'absent' || traffic.split.stamp === undefined) return traffic;
  const { split } = traffic;
  const { stamp } = split;
  return stamp === undefined ? traffic : { ...traffic, split: { ...split, stamp: { ...stamp, writtenAtMs: since(stamp.writtenAtMs) } } };
}

function revisionBy({ deployment, service, ...revision }: Revision, since: Since): Revision {
  const { availableSinceMs } = deployment ?? {};
  const { createdAtMs, portsSinceMs } = service ?? {};
  return {
    ...revision,
    deployment:
      deployment === undefined || availableSinceMs === undefined
        ? deployment
        : { ...deployment, availableSinceMs: since(availableSinceMs) },
    service:
      service === undefined
        ? undefined
        : {
            ...service,
            ...(createdAtMs === undefined ? {} : { createdAtMs: since(createdAtMs) }),
            ...(portsSinceMs === undefined ? {} : { portsSinceMs: since(portsSinceMs) }),
          },
  };
}
