import { clip } from '../lib/index.ts';
import type { RolloutStatus } from './rollout.ts';

/** What status has room for: a text that is longer would have the whole write refused, and with it the decision that it tells of. */
const longest = { message: 4_096, runMessage: 1_024 };

/** The same status, its sentences within what the kind's schema allows. */
export function clipped(status: RolloutStatus): RolloutStatus {
  const { message, abort, analysis, conditions } = status;
  return {
    ...status,
    ...(message === undefined ? {} : { message: clip(message, longest.message) }),
    ...(abort === undefined ? {} : { abort: { ...abort, message: clip(abort.message, longest.message) } }),
    ...(analysis === undefined ? {} : { analysis: analysis.map(withShortMessage) }),
    conditions: conditions.map((condition) => ({ ...condition, message: clip(condition.message, longest.message) })),
  };
}

type RunEntry = NonNullable<RolloutStatus['analysis']>[number];

const withShortMessage = (entry: RunEntry): RunEntry =>
  entry.message === undefined ? entry : { ...entry, message: clip(entry.message, longest.runMessage) };
