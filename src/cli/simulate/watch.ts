import { analysisRuns, decodeAnalysisRun, rollouts } from '../../api/index.ts';
import { type AnalysisRun, isEnded } from '../../core/analysis/index.ts';
import { revisionName } from '../../core/names.ts';
import type { RolloutStatus } from '../../core/rollout.ts';
import type { KubeObject } from '../../kube/index.ts';
import type { Commit } from '../../sandbox/api/index.ts';
import type { Simulation } from '../../simulation/index.ts';
import type { Played } from './play.ts';
import type { Scenario } from './scenario.ts';

/** When a release was found out, and by what. */
export interface Caught {
  readonly afterMs: number;
  /** Percent of traffic that it had. */
  readonly weight: number;
  /** As `status.step` says it: `2/8 pause`. */
  readonly step: string;
  readonly reason: string;
  readonly message: string;
  /** Those that failed. */
  readonly metrics: readonly string[];
}

export interface Standing {
  readonly phase: string | undefined;
  readonly reason: string;
  readonly message: string;
}

/** A pause is worth skimming where so many measurements are left in it, after so many that were played in full. */
const worthSkimming = 60;
const playedInFull = 10;
const shortestDullMs = 1_200_000;

/** Sees what is written to the store, as a user would see it with `kubectl get -w`. */
export class Watch {
  readonly #sim: Simulation;
  readonly #scenario: Scenario;
  #status: RolloutStatus | undefined;
  #runs = new Map<string, AnalysisRun>();
  #beganMs = 0;
  /** Revisions that were there before the release: a stable one, and a canary that it replaces. */
  #before: readonly (string | undefined)[] = [];
  #canary: string | undefined;
  #last: { readonly weight: number; readonly step: string } = { weight: 0, step: '' };
  #caught: Omit<Caught, 'metrics'> | undefined;
  #lookAgainMs = 0;

  constructor(sim: Simulation, scenario: Scenario) {
    this.#sim = sim;
    this.#scenario = scenario;
    sim.sandbox.server.store.onCommit((commit) => this.#seen(commit));
  }

  get phase(): string | undefined {
    return this.#status?.phase;
  }

  /** The Service of the new version. */
  get canary(): string | undefined {
    return this.#canary === undefined ? undefined : revisionName(this.#scenario.name, this.#canary);
  }

  get status(): RolloutStatus | undefined {
    return this.#status;
  }

  /** Of the new version, those that are still measured. */
  openRuns(): readonly AnalysisRun[] {
    return [...this.#runs.values()].filter(({ status }) => !isEnded(status.phase));
  }

  standing(): Standing {
    const conditions = this.#status?.conditions ?? [];
    const said = conditions.find(({ type, status }) => (type === 'Stalled' || type === 'Reconciling') && status === 'True');
    return { phase: this.#status?.phase, reason: said?.reason ?? 'Progressing', message: said?.message ?? this.#status?.message ?? '' };
  }

  /** From here on it is about the next release. */
  begin(): void {
    this.#beganMs = this.#sim.clock.monotonicMs();
    this.#before = [this.#status?.stableRevision, this.#status?.canaryRevision];
    this.#canary = undefined;
    this.#caught = undefined;
    this.#runs = new Map();
  }

  isOver(): boolean {
    if (this.#canary === undefined) return false;
    const { phase, stableRevision } = this.#status ?? {};
    if (phase === 'RolledBack' || (phase === 'Healthy' && stableRevision === this.#canary)) return true;
    return phase === 'Paused' && (this.#isInconclusive() || this.standing().reason === 'AwaitingDecision');
  }

  #isInconclusive(): boolean {
    return this.standing().reason === 'AnalysisInconclusive';
  }

  ending(): Pick<Played, 'ending' | 'afterMs' | 'caught' | 'waitsFor'> {
    const afterMs = this.#elapsedMs();
    const { phase } = this.#status ?? {};
    if (phase === 'RolledBack' && this.#caught !== undefined)
      return { ending: 'rolledBack', afterMs, caught: { ...this.#caught, metrics: this.#failedMetrics() } };
    if (phase === 'Healthy' && this.#canary !== undefined) return { ending: 'promoted', afterMs };
    const { reason, message } = this.standing();
    return { ending: 'undecided', afterMs, waitsFor: { reason, message } };
  }

  /** Nothing has happened for long but measurements that pass, and nothing else will for long. */
  isDull(): boolean {
    const nowMs = this.#sim.clock.nowMs();
    if (nowMs < this.#lookAgainMs) return false;
    const { step, weight } = this.#status ?? {};
    const leftMs = step?.until === undefined ? 0 : Date.parse(step.until) - nowMs;
    if (leftMs < shortestDullMs || weight?.confirmedAt === undefined) return false;
    const open = this.openRuns();
    const intervalMs = longestIntervalMs(open);
    const isQuiet = open.length > 0 && leftMs > worthSkimming * intervalMs && open.every((run) => isQuietRun(run, nowMs));
    if (!isQuiet || nowMs - Date.parse(weight.confirmedAt) < playedInFull * intervalMs) {
      this.#lookAgainMs = nowMs + lookEveryMs;
      return false;
    }
    return true;
  }

  /** What was skimmed had something in it: that much is played in full. */
  stayAwake(forMs: number): void {
    this.#lookAgainMs = this.#sim.clock.nowMs() + forMs;
  }

  #elapsedMs(): number {
    return this.#sim.clock.monotonicMs() - this.#beganMs;
  }

  #failedMetrics(): readonly string[] {
    const results = [...this.#runs.values()].flatMap(({ status }) => status.metricResults);
    const failed = results.filter(({ phase, dryRun }) => !dryRun && (phase === 'Failed' || phase === 'Error'));
    return [...new Set(failed.map(({ name }) => name))];
  }

  #seen({ type, object }: Commit): void {
    if (type === 'DELETED') return;
    if (object.kind === rollouts.kind && object.metadata.name === this.#scenario.name)
      this.#rolloutSeen(object.status as RolloutStatus | undefined);
    if (object.kind === analysisRuns.kind) this.#runSeen(object as unknown as KubeObject);
  }

  #rolloutSeen(status: RolloutStatus | undefined): void {
    this.#status = status;
    if (status === undefined) return;
    const { canaryRevision, weight, step, abort, phase } = status;
    if (canaryRevision !== undefined && !this.#before.includes(canaryRevision)) this.#canary ??= canaryRevision;
    if (abort !== undefined && (phase === 'Aborting' || phase === 'RolledBack')) {
      this.#caught ??= { afterMs: this.#elapsedMs(), ...this.#last, reason: abort.reason, message: abort.message };
      return;
    }
    this.#last = { weight: weight?.desired ?? 0, step: step === undefined ? '' : `${step.label} ${step.kind}` };
  }

  #runSeen(object: KubeObject): void {
    const decoded = decodeAnalysisRun(object);
    if (!decoded.ok || this.#canary === undefined || decoded.value.spec.rollout?.revision !== this.#canary) return;
    this.#runs.set(decoded.value.name, decoded.value);
  }
}

const lookEveryMs = 30_000;

const longestIntervalMs = (runs: readonly AnalysisRun[]): number =>
  Math.max(1_000, ...runs.flatMap(({ spec }) => spec.metrics.map(({ interval = 0 }) => interval)));

/** All of its metrics go on for ever, and have passed for some time. */
function isQuietRun({ spec, status }: AnalysisRun, nowMs: number): boolean {
  return spec.metrics.every(({ name, interval, count, consecutiveSuccessLimit, dryRun }) => {
    const result = status.metricResults.find((each) => each.name === name);
    if (dryRun || (result !== undefined && isEnded(result.phase))) return true;
    if (result === undefined || interval === undefined || count !== undefined || consecutiveSuccessLimit !== undefined) return false;
    const { measurements } = result;
    return (
      measurements.length >= playedInFull &&
      measurements.every((each) => each.result === 'Pass') &&
      nowMs - Date.parse(measurements.at(-1)?.startedAt ?? '') <= 2 * interval
    );
  });
}
