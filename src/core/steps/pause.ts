import { z } from 'zod';
import { formatDuration } from '../../lib/index.ts';
import { duration } from '../schema.ts';
import { defineStep } from './step.ts';

interface Pause {
  /** Milliseconds; absent: until a person resumes. */
  readonly duration?: number | undefined;
}

export const pause = defineStep<Pause>({
  schema: z.object({ duration: duration().optional() }),
  text: ({ duration: durationMs }) => (durationMs === undefined ? 'until somebody resumes' : `for ${formatDuration(durationMs)}`),
  decide({ duration: durationMs }, context) {
    if (context.isResumed) return { kind: 'done' };
    if (durationMs === undefined) return { kind: 'pause' };
    const untilMs = context.startedAtMs + durationMs;
    return context.nowMs >= untilMs ? { kind: 'done' } : { kind: 'pause', untilMs };
  },
});
