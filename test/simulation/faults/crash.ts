import type { CallFault } from '../../../src/sandbox/api/index.ts';
import type { PlannedFault } from '../play/plan.ts';
import type { Fault, SeenCall } from '../play/run.ts';

/** A process ends at one of its writes, and the same pod or another goes on. */
const crash = (name: string, kind: 'F1' | 'F2', text: string, isServed: boolean): Fault => ({
  ...{ name, kind, text },
  draw: (random, { effects }) => ({
    at: { effect: Math.floor(random.next() * Math.max(1, effects)) },
    with: { backAfterMs: Math.floor(random.next() * 30_000) },
  }),
  arm(planned, run) {
    const strike = ({ replica, sort, index }: SeenCall): CallFault | undefined => {
      if (!isAt(planned, sort, index) || run.isHealed) return undefined;
      run.struck(planned);
      replica.kill();
      run.start(replica.name, Number(planned.with?.backAfterMs ?? 1_000));
      return { kind: 'reset' };
    };
    run.hook(isServed ? { onAnswer: strike } : { onCall: strike });
  },
});

const isAt = ({ at }: PlannedFault, sort: string, index: number): boolean => sort === 'effect' && 'effect' in at && at.effect === index;

export const crashes: readonly Fault[] = [
  crash('crash-before', 'F1', 'the process ends before a write leaves it', false),
  crash('crash-after', 'F2', 'the process ends after its write was done, before it learns of it', true),
];
