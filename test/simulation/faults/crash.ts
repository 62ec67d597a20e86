import type { CallFault } from '../../../src/sandbox/api/index.ts';
import type { Fault, SeenCall } from '../play/run.ts';
import { atCall, atEffect, between, numberOf, oneOf, textOf } from './kit.ts';
import { comesBack } from './return.ts';

/** A process ends at one of its writes, and the same pod or another goes on. */
const crash = (name: string, kind: 'F1' | 'F2', text: string, when: 'onCall' | 'onAnswer'): Fault => ({
  ...{ name, kind, text },
  draw: (random, size) => ({
    at: atEffect(random, size),
    with: { back: oneOf(random, ['same', 'other']), backAfterMs: between(random, 0, 30_000) },
  }),
  arm(planned, run) {
    atCall(planned, run, when, ({ replica }: SeenCall): CallFault => {
      run.struck(planned);
      replica.kill();
      comesBack(run, replica, textOf(planned, 'back', 'same') === 'other' ? 'other' : 'same', numberOf(planned, 'backAfterMs', 1_000));
      return { kind: 'reset' };
    });
  },
});

export const crashes: readonly Fault[] = [
  crash('crash-before', 'F1', 'the process ends before a write leaves it; it restarts, or stays away until another leads', 'onCall'),
  crash(
    'crash-after',
    'F2',
    'the process ends after its write was done, before it learns of it; it restarts, or another leads',
    'onAnswer',
  ),
];
