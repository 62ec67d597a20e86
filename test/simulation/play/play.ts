import { createHash } from 'node:crypto';
import type { Logger } from '../../../src/lib/index.ts';
import type { ApiAnswer, ApiPort, ApiRequest, CallFault, Faults as LineFaults } from '../../../src/sandbox/api/index.ts';
import { createSimulation, type Replica } from '../../../src/simulation/index.ts';
import { faultNamed } from '../faults/index.ts';
import { endStateOf } from '../laws/end-state.ts';
import { laws as allLaws } from '../laws/index.ts';
import { workloadNamed } from '../workloads/index.ts';
import { endingOf } from './ending.ts';
import type { Plan, Trigger } from './plan.ts';
import type { Hooks, Law, Outcome, Run, SeenCall, SeenCommit, Violation } from './run.ts';
import { settledIn } from './settled.ts';

export interface PlayOptions {
  readonly laws?: readonly Law[];
  /** How long nothing may happen after the end. Default: what the plan says, else 5 minutes. */
  readonly restMs?: number;
  /** Goes on after the first violation. Default: false. */
  readonly isThorough?: boolean;
  readonly onLine?: (line: string) => void;
  /** `end` of the same run without faults: any other schedule must come to the same. */
  readonly reference?: readonly string[];
}

const minuteMs = 60_000;
/** From the end of the faults until it has come to rest, at most. */
const healingMs = 120 * minuteMs;
const tailLines = 60;
/** So many events without time passing, or in all, are a loop that will not end. */
const most = { atOnce: 20_000, inAll: 3_000_000 };
/** The trace is hashed in pieces: a call of the hash costs more than a line. */
const hashedLength = 16_384;
/** For what is there before to have its pods. */
const preparingMs = 10_000;
/** Until a kubelet starts a process again that has ended by itself. */
const restartMs = 2_000;

/** A trigger by count that can no longer strike; the ones by time are waited for as all that is to happen at a time. */
function isPast(at: Trigger, { effects, reads, events }: Run['counts']): boolean {
  if ('effect' in at) return at.effect < effects;
  if ('read' in at) return at.read < reads;
  if ('event' in at) return at.event < events;
  return true;
}

/** Plays a plan from beginning to end: the same plan, the same outcome, to the last byte. */
export async function play(plan: Plan, options: PlayOptions = {}): Promise<Outcome> {
  const workload = workloadNamed(plan.workload);
  const hash = createHash('sha256');
  const tail: string[] = [];
  const violations: Violation[] = [];
  const evaluated: Record<string, number> = {};
  const struck: Record<string, number> = {};
  const struckNames = new Set<string>();
  const replicas = workload.replicas.slice(0, plan.replicas);
  const commits: SeenCommit[] = [];
  const counts = { effects: 0, reads: 0, events: 0 };
  const hooks: Hooks[] = [];
  const undos: (() => void)[] = [];
  const restarted = new Set<Replica>();
  let waiting: { readonly holds: () => boolean; readonly act: () => void }[] = [];
  let pending = 0;
  let unhashed = '';
  let isHealed = false;
  let hasChanged = false;
  let current: SeenCall | undefined;
  let beganMs = 0;
  const isOver = () => violations.length > 0 && options.isThorough !== true;

  function trace(line: string): void {
    const told = `${(sim.clock.monotonicMs() - beganMs).toFixed(3)} ${line}`;
    unhashed += `${told}\n`;
    if (unhashed.length > hashedLength) {
      hash.update(unhashed);
      unhashed = '';
    }
    tail.push(told);
    if (tail.length > tailLines) tail.shift();
    options.onLine?.(told);
  }

  const startMs = plan.faults.map((planned) => faultNamed(planned.fault).startMs?.(planned)).find((ms) => ms !== undefined);
  const sim = createSimulation({
    seed: plan.seed,
    ...(startMs === undefined ? {} : { startMs: startMs - preparingMs }),
    sandbox: { isTerse: true, ...workload.sandbox },
    log: (name): Logger => {
      const level = (fields: object, message: string) => {
        const line = `${name} says ${message} ${JSON.stringify(fields)}`;
        trace(line);
        for (const { law, watch } of watches) breach(law, watch.onLog?.(line));
      };
      return { debug() {}, info: level, warn: level, error: level };
    },
    onEvent: afterEvent,
  });
  const { sandbox } = sim;

  const run: Run = {
    ...{ plan, sim, sandbox, commits, counts, trace, subject: workload.subject, random: sim.random },
    ...{ strikes: struck, struckNames, reference: options.reference },
    get isHealed() {
      return isHealed;
    },
    elapsedMs: () => sim.clock.monotonicMs() - beganMs,
    hook: (added) => void hooks.push(added),
    at(atMs, act) {
      pending += 1;
      sim.clock.after(atMs - run.elapsedMs(), () => {
        pending -= 1;
        act();
      });
    },
    when: (holds, act) => {
      waiting.push({ holds, act });
      hasChanged = true;
    },
    onHeal: (undo) => void undos.push(undo),
    struck(fault) {
      const { kind } = faultNamed(fault.fault);
      struck[kind] = (struck[kind] ?? 0) + 1;
      struckNames.add(fault.fault);
      trace(`fault ${JSON.stringify(fault)}`);
    },
    replicas: () => sim.replicas.filter((replica) => replica.ended() === undefined),
    leader: () => run.replicas().find((replica) => replica.isLeading() && !replica.time.isFrozen),
    start(name, afterMs = 0, config = {}) {
      const start = () => {
        if (run.replicas().some((replica) => replica.name === name)) return;
        trace(`starts ${name}`);
        const { faults, frontEnd } = wayOf(() => replica);
        const replica: Replica = sim.start(name, { config, faults, frontEnd });
        for (const { onStart } of hooks) onStart?.(replica);
      };
      sim.clock.after(afterMs, start);
    },
  };
  const watches = (options.laws ?? allLaws).map((law) => {
    evaluated[law.id] = 0;
    const judge = (wrong: string | undefined) => {
      evaluated[law.id] = (evaluated[law.id] ?? 0) + 1;
      return wrong;
    };
    return { law, watch: law.watch(run, judge) };
  });
  // Most laws listen to one or two things, and there are thousands of each.
  const commitWatches = watches.filter(({ watch }) => watch.onCommit !== undefined);
  const callWatches = watches.filter(({ watch }) => watch.onCall !== undefined);
  const answerWatches = watches.filter(({ watch }) => watch.onAnswer !== undefined);
  const eventWatches = watches.filter(({ watch }) => watch.onEvent !== undefined);

  function breach(law: Pick<Law, 'id'>, what: string | undefined): void {
    if (what === undefined || isOver()) return;
    violations.push({ law: law.id, what, atMs: run.elapsedMs() });
    trace(`VIOLATION ${law.id}: ${what}`);
  }

  sandbox.server.store.onCommit(({ revision, type, key, object, previous }) => {
    const commit: SeenCommit = { atMs: run.elapsedMs(), revision, type, key, object, previous, by: current };
    commits.push(commit);
    hasChanged = true;
    trace(`${type} ${object.kind} ${key} ${revision} ${current?.replica.identity ?? ''}`);
    for (const { law, watch } of commitWatches) breach(law, watch.onCommit?.(commit));
  });

  /** What becomes of the requests of one process, and who serves them. */
  function wayOf(replicaOf: () => Replica): { readonly faults: LineFaults; readonly frontEnd: ApiPort } {
    const seen = new WeakMap<ApiRequest, SeenCall>();
    const portFor = (request: ApiRequest): ApiPort => {
      const call = seen.get(request);
      for (const { onRoute } of hooks) {
        const port = call === undefined ? undefined : onRoute?.(call);
        if (port !== undefined) return port;
      }
      return sandbox.server;
    };
    const frontEnd: ApiPort = {
      request: (request) => portFor(request).request(request),
      watch: (request, onReady) => portFor(request).watch(request, onReady),
    };
    const faults: LineFaults = {
      arriving(request) {
        const call = callOf(replicaOf(), request);
        seen.set(request, call);
        if (call.sort === 'effect') trace(`${call.replica.identity} effect ${call.index} ${request.method} ${request.path}`);
        for (const { law, watch } of callWatches) breach(law, watch.onCall?.(call));
        return first((hook) => hook.onCall?.(call));
      },
      serving(request) {
        current = seen.get(request);
      },
      leaving(request, answer) {
        const call = current ?? seen.get(request);
        current = undefined;
        if (call === undefined) return undefined;
        if (call.sort === 'effect') trace(`${call.replica.identity} answer ${call.index} ${answer.status}`);
        const fault = first((hook) => hook.onAnswer?.(call, answer as ApiAnswer));
        if (fault === undefined) for (const { law, watch } of answerWatches) breach(law, watch.onAnswer?.(call, answer as ApiAnswer));
        return fault;
      },
      streaming(request, event) {
        const index = counts.events;
        counts.events += 1;
        for (const { onEvent } of hooks) {
          const fault = onEvent?.({ index, replica: replicaOf(), request, event });
          if (fault !== undefined) return fault;
        }
        return undefined;
      },
    };
    return { faults, frontEnd };
  }

  function first(ask: (hook: Hooks) => CallFault | undefined): CallFault | undefined {
    for (const hook of hooks) {
      const fault = ask(hook);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  function callOf(replica: Replica, request: ApiRequest): SeenCall {
    const sentMs = run.elapsedMs();
    if (request.method !== 'GET') return { replica, request, sort: 'effect', index: counts.effects++, sentMs };
    if (request.query?.watch !== undefined) return { replica, request, sort: 'watch', index: 0, sentMs };
    return { replica, request, sort: 'read', index: counts.reads++, sentMs };
  }

  let momentMs = 0;
  let eventsAtOnce = 0;
  let events = 0;

  function progress(): string | undefined {
    const nowMs = sim.clock.monotonicMs();
    events += 1;
    eventsAtOnce = nowMs === momentMs ? eventsAtOnce + 1 : 0;
    momentMs = nowMs;
    if (eventsAtOnce > most.atOnce) return `${most.atOnce} events without time passing`;
    return events > most.inAll ? `${most.inAll} events and no end` : undefined;
  }

  /** All that was planned has happened, and what comes of it has come to rest: there is nothing to wait for. */
  function isDone(): boolean {
    if (pending > 0 || waiting.length > 0 || !hasChecked()) return false;
    return plan.faults.every(({ at }) => isPast(at, counts)) && settledIn(run, endingOf(run));
  }

  let checkedMs = 0;
  /** Once a second is enough to ask whether it is done. */
  function hasChecked(): boolean {
    const nowMs = run.elapsedMs();
    if (nowMs - checkedMs < 1_000) return false;
    checkedMs = nowMs;
    return true;
  }

  function afterEvent(): void {
    const loop = progress();
    if (loop !== undefined) breach({ id: 'progress' }, loop);
    restartEnded();
    for (const { law, watch } of eventWatches) breach(law, watch.onEvent?.());
    if (!hasChanged) return;
    hasChanged = false;
    const ready = waiting.filter(({ holds }) => holds());
    if (ready.length === 0) return;
    waiting = waiting.filter((each) => !ready.includes(each));
    for (const { act } of ready) act();
  }

  /** As a kubelet does with what has ended by itself; what a fault has ended comes back when the fault says so. */
  function restartEnded(): void {
    for (const replica of sim.replicas) {
      if (replica.ended() !== 'lost' || restarted.has(replica)) continue;
      restarted.add(replica);
      if (replicas.includes(replica.name)) run.start(replica.name, restartMs);
    }
  }

  workload.prepare(run);
  await sim.runFor(preparingMs);
  beganMs = sim.clock.monotonicMs();
  for (const planned of plan.faults) faultNamed(planned.fault).arm(planned, run);
  for (const name of replicas) run.start(name);
  workload.act(run);
  await sim.runUntil(() => isOver() || isDone(), workload.lengthMs);
  isHealed = true;
  // The last one first: it may stand on the ones before.
  for (const undo of undos.splice(0).reverse()) undo();
  for (const name of replicas) run.start(name);
  trace('faults are over');
  const ending = endingOf(run);
  await sim.runUntil(() => isOver() || (hasChecked() && settledIn(run, ending)), healingMs);
  sandbox.settle();
  const end = endStateOf(run);
  if (!isOver()) for (const { law, watch } of watches) if (watch.onRest !== undefined) breach(law, watch.onRest());
  if (!isOver()) await sim.runUntil(isOver, options.restMs ?? plan.restMs ?? 5 * minuteMs);
  if (!isOver()) for (const { law, watch } of watches) if (watch.atEnd !== undefined) breach(law, watch.atEnd());
  const lengthMs = run.elapsedMs();
  const { sent, lost, failed } = sandbox.oracle.totals();
  trace(`requests ${sent} ${lost} ${failed}`);
  sim.close();
  return {
    ...{ plan, violations, evaluated, struck, end, tail, hash: hash.update(unhashed).digest('hex') },
    size: { ...counts, lengthMs },
    requests: { sent, lost, failed },
  };
}
