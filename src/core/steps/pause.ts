import { z } from 'zod';
import { duration } from '../schema.ts';
import { defineStep } from './step.ts';

interface Pause {
  /** Milliseconds; absent: until a person resumes. */
  readonly duration?: number | undefined;
}

export const pause = defineStep<Pause>({
  schema: z.object({ duration: duration().optional() }),
  decide({ duration: durationMs }, context) {
    if (context.isResumed) return { kind: 'done' };
    if (durationMs === undefined) return { kind: 'pause' };
    const untilMs = context.startedAtMs + durationMs;
    return context.nowMs >= untilMs ? { kind: 'done' } : { kind: 'pause', untilMs };
  },
});
