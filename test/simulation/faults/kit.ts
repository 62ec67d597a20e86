import type { Random } from '../../../src/lib/index.ts';
import type { CallFault, EventFault } from '../../../src/sandbox/api/index.ts';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import type { PlannedFault, Trigger } from '../play/plan.ts';
import type { Fault, Hooks, Run, SeenCall, Size } from '../play/run.ts';

/** A number from 0 up to, and without, `below`. */
export const drawn = (random: Random, below: number): number => Math.floor(random.next() * Math.max(1, below));
export const between = (random: Random, least: number, most: number): number => least + drawn(random, most - least + 1);
export function oneOf<T>(random: Random, all: readonly [T, ...T[]]): T {
  return all[drawn(random, all.length)] ?? all[0];
}

export const atEffect = (random: Random, { effects }: Size): Trigger => ({ effect: drawn(random, effects) });
export const atRead = (random: Random, { reads }: Size): Trigger => ({ read: drawn(random, reads) });
export const atEvent = (random: Random, { events }: Size): Trigger => ({ event: drawn(random, events) });
/** At one of its writes, or at any moment. */
export const atAnyTime = (random: Random, size: Size): Trigger =>
  random.next() < 0.5 ? atEffect(random, size) : { atMs: drawn(random, size.lengthMs) };

export const numberOf = ({ with: given }: PlannedFault, name: string, otherwise: number): number => {
  const value = given?.[name];
  return typeof value === 'number' ? value : otherwise;
};
export const textOf = ({ with: given }: PlannedFault, name: string, otherwise: string): string => {
  const value = given?.[name];
  return typeof value === 'string' ? value : otherwise;
};

/** The call at which a plan strikes: the n-th of its sort, whatever became of those before. */
export const isAt = ({ at }: PlannedFault, { sort, index }: SeenCall): boolean =>
  ('effect' in at && sort === 'effect' && index === at.effect) || ('read' in at && sort === 'read' && index === at.read);

type Event = Parameters<NonNullable<Hooks['onEvent']>>[0];

/** Runs `strike` at the call that the plan names, before it is served, or after that: never twice, never once the faults are over. */
export function atCall(
  planned: PlannedFault,
  run: Run,
  when: 'onCall' | 'onAnswer',
  strike: (call: SeenCall) => CallFault | undefined,
): void {
  run.hook({ [when]: (call: SeenCall) => (run.isHealed || !isAt(planned, call) ? undefined : strike(call)) });
}

export function onEvent(planned: PlannedFault, run: Run, strike: (event: Event) => EventFault | undefined): void {
  const { at } = planned;
  run.hook({ onEvent: (event) => (run.isHealed || !('event' in at) || event.index !== at.event ? undefined : strike(event)) });
}

/** Runs `act` at the moment that the plan names, be it a call, an event or a time; not once the faults are over. */
export function atTrigger(planned: PlannedFault, run: Run, act: (call: SeenCall | undefined) => void): void {
  const { at } = planned;
  if ('atMs' in at) {
    run.at(at.atMs, () => {
      if (!run.isHealed) act(undefined);
    });
    return;
  }
  if ('event' in at) onEvent(planned, run, () => void act(undefined));
  else atCall(planned, run, 'onCall', (call) => void act(call));
}

/**
 * From the moment that the plan names for `forMs` on, and not beyond the end of the faults. `begin` gives what ends it, or nothing where it
 * found nothing to strike.
 */
export function during(planned: PlannedFault, run: Run, begin: (call: SeenCall | undefined) => (() => void) | undefined): void {
  atTrigger(planned, run, (call) => {
    const end = begin(call);
    if (end === undefined) return;
    let hasEnded = false;
    const endOnce = () => {
      if (hasEnded) return;
      hasEnded = true;
      run.trace(`ends ${planned.fault}`);
      end();
    };
    run.onHeal(endOnce);
    run.at(run.elapsedMs() + numberOf(planned, 'forMs', 30_000), endOnce);
  });
}

/** Counts a fault once, when it first strikes. */
export function onceStruck(planned: PlannedFault, run: Run): () => void {
  let hasStruck = false;
  return () => {
    if (hasStruck) return;
    hasStruck = true;
    run.struck(planned);
  };
}

export type PatchType = 'merge' | 'json';

/** Somebody else's request, by the name of their tool. False where it was refused. */
export function requestAs(
  { api }: Pick<Sandbox, 'api'>,
  writer: string,
  {
    type = 'merge',
    ...request
  }: { readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'; readonly path: string; readonly body?: unknown; readonly type?: PatchType },
): boolean {
  const contentType = request.method === 'PATCH' ? `application/${type}-patch+json` : 'application/json';
  const answer = api.request({ ...request, headers: { 'user-agent': writer, 'content-type': contentType, accept: 'application/json' } });
  return answer.status < 300;
}

/** Of a family that may abort, one that is no reason to. */
export const harmless = ({ mayAbort: _, ...fault }: Fault): Fault => fault;
