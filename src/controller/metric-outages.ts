import type { Clock, Logger } from '../lib/index.ts';
import type { Asked } from './measurer.ts';
import type { Telemetry } from './telemetry.ts';

/** Answers in between are no end of an outage: one that fails now and then is said once, and so is its end. */
const quietMs = 60_000;

interface Outage {
  readonly sinceMs: number;
  readonly lastMs: number;
}

/** Who cannot be asked whether weights have arrived: one line when it begins, one when it is over, and a count of all questions that failed. */
export function metricOutages(
  clock: Pick<Clock, 'monotonicMs'>,
  log: Logger,
  telemetry: Pick<Telemetry, 'questionFailed'>,
): (asked: Asked) => void {
  const outages = new Map<Asked['source'], Outage>();
  return ({ source, hasFailed, outage, isShare }) => {
    if (hasFailed) telemetry.questionFailed(source);
    // An analysis says for itself what came of its questions, and may ask a server of its own.
    if (!isShare) return;
    const nowMs = clock.monotonicMs();
    const open = outages.get(source);
    if (outage !== undefined) {
      if (open === undefined) log.warn({ source, outage }, 'metrics cannot confirm weights');
      outages.set(source, { sinceMs: open?.sinceMs ?? nowMs, lastMs: nowMs });
    } else if (open !== undefined && nowMs - open.lastMs >= quietMs) {
      outages.delete(source);
      log.info({ source, forMs: open.lastMs - open.sinceMs }, 'metrics can confirm weights again');
    }
  };
}
