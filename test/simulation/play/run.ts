import type { Random } from '../../../src/lib/index.ts';
import type { ApiAnswer, ApiObject, ApiPort, ApiRequest, ApiWatchEvent, CallFault, EventFault } from '../../../src/sandbox/api/index.ts';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import type { Replica, Simulation, SimulationOptions, StartOptions } from '../../../src/simulation/index.ts';
import type { FaultKind, Plan, PlannedFault } from './plan.ts';

/** A request of a controller, and where it stands among those of its sort. */
export interface SeenCall {
  readonly replica: Replica;
  readonly request: ApiRequest;
  readonly sort: 'effect' | 'read' | 'watch';
  readonly index: number;
  readonly sentMs: number;
}

/** One write to the store, by whomever. */
export interface SeenCommit {
  readonly atMs: number;
  readonly revision: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly key: string;
  readonly object: ApiObject;
  readonly previous: ApiObject | undefined;
  /** The controller's call that did it; undefined: somebody else's write. */
  readonly by: SeenCall | undefined;
}

/** What faults may do to what passes by. The first that answers decides. */
export interface Hooks {
  /** Before it is served: a fault means that it never was. The process may be killed or frozen in here. */
  readonly onCall?: (call: SeenCall) => CallFault | undefined;
  /** After it was served. */
  readonly onAnswer?: (call: SeenCall, answer: ApiAnswer) => CallFault | undefined;
  /** The front end that serves it, writes aside; undefined: the usual one, which is up to date. */
  readonly onRoute?: (call: SeenCall) => ApiPort | undefined;
  /** A process was made and has done nothing yet. */
  readonly onStart?: (replica: Replica) => void;
  readonly onEvent?: (event: {
    readonly index: number;
    readonly replica: Replica;
    readonly request: ApiRequest;
    readonly event: ApiWatchEvent;
  }) => EventFault | undefined;
}

/** The Rollout that a workload is about. */
export interface Subject {
  readonly namespace: string;
  readonly rollout: string;
  /** The Service that clients call; the split has its name. */
  readonly service: string;
}

/** One run under way: what workloads, faults and laws see of it. */
export interface Run {
  readonly plan: Plan;
  readonly subject: Subject;
  readonly sim: Simulation;
  readonly sandbox: Sandbox;
  /** For faults and workloads, the same for the same plan. */
  readonly random: Random;
  /** Since the workload began, in virtual time. */
  elapsedMs(): number;
  /** All writes until now. */
  readonly commits: readonly SeenCommit[];
  /** Calls by sort until now. */
  readonly counts: { readonly effects: number; readonly reads: number; readonly events: number };
  /** Faults are over from here on: everything works, and what was broken for good is mended. */
  readonly isHealed: boolean;
  hook(hooks: Hooks): void;
  /** Runs `act` at a moment of virtual time since the workload began. */
  at(atMs: number, act: () => void): void;
  /** Runs `act` once, as soon as the condition holds after a write to the store. */
  when(holds: () => boolean, act: () => void): void;
  /** What has to be undone when the faults end: called once, then or never. */
  onHeal(undo: () => void): void;
  /** A fault has really taken place. */
  struck(fault: PlannedFault): void;
  /** How often each kind of fault has taken place until now. */
  readonly strikes: Readonly<Record<string, number>>;
  /** The names of the faults that have taken place. */
  readonly struckNames: ReadonlySet<string>;
  /** How the same run ended without faults, where the player was told. */
  readonly reference: readonly string[] | undefined;
  /** Processes that run now. */
  replicas(): readonly Replica[];
  leader(): Replica | undefined;
  /** A new process under this name of a pod, which must have ended, now or later. */
  start(name: string, afterMs?: number, config?: StartOptions['config']): void;
  /** A line of the trace: part of the hash. */
  trace(line: string): void;
}

/** An entry of the registry of faults. */
export interface Fault {
  readonly name: string;
  readonly kind: FaultKind;
  readonly text: string;
  /** A good release may rightly be rolled back under it, since its pods or its metrics are bad: the run may also end RolledBack, or wait for a person after an Inconclusive analysis. */
  readonly mayAbort?: true;
  /** Requests may be lost or fail through it, whatever the controller does. */
  readonly mayLose?: true;
  /** It changes what people want on the way: which revision is stable in the end depends on the moment at which it strikes. */
  readonly mayTurn?: true;
  /** Whether it can strike a workload at all. Left out: any. */
  suits?(workload: Workload): boolean;
  /** The moment of wall time at which a run with it begins; left out, or undefined: the usual one. */
  startMs?(planned: PlannedFault): number | undefined;
  /** One instance for a random run of this size. */
  draw(random: Random, size: Size): Omit<PlannedFault, 'fault'>;
  arm(planned: PlannedFault, run: Run): void;
}

/** Of a run without faults: what triggers may count up to. */
export type Size = Outcome['size'];

/** One law of facts/reliability.md 1.6 and 1.7: what it watches in one run. Each returns what is wrong, or nothing. */
export interface LawWatch {
  /** After each write to the store, by whomever. */
  onCommit?(commit: SeenCommit): string | undefined;
  /** Each call of a controller, at the moment when it leaves. */
  onCall?(call: SeenCall): string | undefined;
  /** An answer that no fault keeps from its sender. */
  onAnswer?(call: SeenCall, answer: ApiAnswer): string | undefined;
  /** A line that a controller logs. */
  onLog?(line: string): string | undefined;
  /** After each event of virtual time. Keep it cheap. */
  onEvent?(): string | undefined;
  /** Faults are over and the workload has come to rest, or had its time. */
  onRest?(): string | undefined;
  /** An hour after that. */
  atEnd?(): string | undefined;
}

/** Passes on what is wrong, or nothing, and counts that the law has looked at something. */
export type Judge = (wrong: string | undefined) => string | undefined;

export interface Law {
  /** `I1` to `I37`, `L1` to `L10`. */
  readonly id: string;
  readonly text: string;
  watch(run: Run, judge: Judge): LawWatch;
}

export interface Violation {
  readonly law: string;
  readonly what: string;
  readonly atMs: number;
}

/** How a workload must end, whatever went wrong on the way, once it is healed. */
export interface Ending {
  /** Any of them. */
  readonly phases: readonly string[];
  /** The image that has all traffic; undefined: no matter which. */
  readonly image?: string;
  /** The Rollout is gone. */
  readonly isGone?: boolean;
  /** Or it waits for a person, since an analysis found nothing to go by for too long. */
  readonly mayAwait?: boolean;
}

export interface Workload {
  readonly name: string;
  readonly text: string;
  readonly subject: Subject;
  /** What the cluster is like. */
  readonly sandbox: NonNullable<SimulationOptions['sandbox']>;
  /** Names of the controller's pods. */
  readonly replicas: readonly string[];
  /** Pods crash by themselves in it: what they had in their hands is lost, and nothing else. */
  readonly hasCrashes?: boolean;
  /** How long all of it may take where nothing goes wrong. */
  readonly lengthMs: number;
  /** Objects that are there before, ten seconds before `act`. */
  prepare(run: Run): void;
  /** Clients, and what people do, and when: `run.at`, or after what they wait for. Called once the controllers are started. */
  act(run: Run): void;
  /** What must hold in the end, by the faults that took place, and by what the world has shown; without a run, where nothing goes wrong. */
  ending(struck: ReadonlySet<string>, run?: Run): Ending;
}

export interface Outcome {
  readonly plan: Plan;
  /** SHA-256 of the full trace. */
  readonly hash: string;
  readonly violations: readonly Violation[];
  /** By law, how often it has judged: 0 shows a law that never looked at anything. */
  readonly evaluated: Readonly<Record<string, number>>;
  readonly size: { readonly effects: number; readonly reads: number; readonly events: number; readonly lengthMs: number };
  /** How often each kind of fault took place. */
  readonly struck: Readonly<Record<string, number>>;
  readonly requests: { readonly sent: number; readonly lost: number; readonly failed: number };
  /** How it ended, without times and ids: `reference` of the same run with faults. */
  readonly end: readonly string[];
  /** The last lines of the trace. */
  readonly tail: readonly string[];
}
