import type { Random } from '../../../src/lib/index.ts';
import { type ApiAnswer, type CallFault, troubles } from '../../../src/sandbox/api/index.ts';
import type { PlannedFault } from '../play/plan.ts';
import type { Fault, Size } from '../play/run.ts';
import { atCall, atEffect, between, numberOf, oneOf, textOf } from './kit.ts';

/** What a caller sees of a write that nobody answers: a broken connection, a gateway's time-out, etcd's, or nothing until its own deadline. */
const seenAs: readonly [string, ...string[]] = ['reset', '504', 'etcd', 'silence'];

function unheard(as: string): CallFault {
  if (as === 'silence' || as === 'reset') return { kind: as };
  const answer: ApiAnswer = as === '504' ? troubles.timeout() : troubles.internal();
  return { kind: 'answer', answer };
}

const draw = (random: Random, size: Size): Omit<PlannedFault, 'fault'> => ({
  at: atEffect(random, size),
  with: { as: oneOf(random, seenAs) },
});

/** F3: the caller lives on and does not know. */
export const unknowns: readonly Fault[] = [
  {
    ...{ name: 'unknown-landed', kind: 'F3', draw },
    text: 'a write is done and its answer lost: a reset, a 504, etcd’s time-out, or silence until the deadline',
    arm(planned, run) {
      atCall(planned, run, 'onAnswer', () => {
        run.struck(planned);
        return unheard(textOf(planned, 'as', 'reset'));
      });
    },
  },
  {
    ...{ name: 'unknown-lost', kind: 'F3', draw },
    text: 'a write is lost on its way, which looks the same: a reset, a 504, etcd’s time-out, or silence until the deadline',
    arm(planned, run) {
      atCall(planned, run, 'onCall', () => {
        run.struck(planned);
        return unheard(textOf(planned, 'as', 'reset'));
      });
    },
  },
  {
    ...{ name: 'unknown-late', kind: 'F3' },
    text: 'a write is done long after its sender has given it up, or has ended',
    draw: (random, size) => ({ at: atEffect(random, size), with: { delayMs: between(random, 5_000, 40_000) } }),
    arm(planned, run) {
      atCall(planned, run, 'onCall', () => {
        run.struck(planned);
        return { kind: 'delay', delayMs: numberOf(planned, 'delayMs', 10_000) };
      });
    },
  },
];
