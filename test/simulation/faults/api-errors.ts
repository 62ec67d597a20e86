import type { Random } from '../../../src/lib/index.ts';
import { type ApiAnswer, troubles } from '../../../src/sandbox/api/index.ts';
import type { PlannedFault } from '../play/plan.ts';
import type { Fault, Run, SeenCall, Size } from '../play/run.ts';
import { atEffect, atRead, between, isAt, numberOf, onceStruck, oneOf, textOf } from './kit.ts';

/**
 * F8: from one call on the server refuses, without having done anything: `times` calls in a row, and for `forMs` at most. `to`: that same
 * request and its repetitions, all that its sender asks, watches too, or all that any process asks.
 */
const refusing = (
  code: number,
  text: string,
  answerOf: (planned: PlannedFault) => ApiAnswer,
  more: (random: Random) => object = () => ({}),
): Fault => ({
  ...{ name: `api-${code}`, kind: 'F8', text },
  draw: (random: Random, size: Size) => ({
    at: random.next() < 0.6 ? atEffect(random, size) : atRead(random, size),
    with: {
      to: oneOf(random, ['request', 'process', 'all']),
      times: between(random, 1, 20),
      forMs: between(random, 1_000, 40_000),
      ...more(random),
    },
  }),
  arm(planned, run) {
    const hit = onceStruck(planned, run);
    let left = numberOf(planned, 'times', 1);
    let first: SeenCall | undefined;
    run.hook({
      onCall(call) {
        if (run.isHealed || left === 0) return undefined;
        if (first === undefined && isDue(planned, call)) first = call;
        if (first === undefined || !isMeant(planned, first, call) || isLate(planned, first, run)) return undefined;
        left -= 1;
        hit();
        return { kind: 'answer', answer: answerOf(planned) };
      },
    });
  },
});

/** A create is no case for a 409 of this sort: it takes the next write that is none. */
function isDue(planned: PlannedFault, call: SeenCall): boolean {
  const { at } = planned;
  if (planned.fault !== 'api-409') return isAt(planned, call);
  return 'effect' in at && call.sort === 'effect' && call.index >= at.effect && call.request.method !== 'POST';
}

function isMeant(planned: PlannedFault, first: SeenCall, { replica, request, sort }: SeenCall): boolean {
  switch (textOf(planned, 'to', 'request')) {
    case 'all':
      return true;
    case 'process':
      return replica === first.replica;
    default:
      return sort === first.sort && request.method === first.request.method && request.path === first.request.path;
  }
}

const isLate = (planned: PlannedFault, first: SeenCall, run: Run): boolean =>
  run.elapsedMs() - first.sentMs > numberOf(planned, 'forMs', 20_000);

export const apiErrors: readonly Fault[] = [
  {
    ...refusing(409, 'writes are refused as if their object had moved on, up to twenty times in a row', () => troubles.conflict()),
    draw: (random, size) => ({ at: atEffect(random, size), with: { to: 'request', times: between(random, 1, 20), forMs: 60_000 } }),
  },
  refusing(
    429,
    'too many requests, with and without Retry-After',
    (planned) => troubles.tooManyRequests(numberOf(planned, 'retryAfter', 0)),
    (random) => ({ retryAfter: oneOf(random, [0, 0, 1, 5, 30]) }),
  ),
  refusing(500, 'etcd’s time-outs: the server does not know either', () => troubles.internal()),
  refusing(503, 'the server shuts down, or is not up yet', () => troubles.unavailable()),
  refusing(401, 'the token counts no more, until another is read', () => troubles.unauthorized()),
  refusing(403, 'permission was taken away, and is given back', () => troubles.forbidden()),
  refusing(404, 'what is there is not found while servers change over', () => troubles.notFound()),
];
