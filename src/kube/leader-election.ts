import { sleep } from '../lib/clock.ts';
import { sameJson } from '../lib/json.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import { describeFailure, type KubeFailure, localFailure } from './failure.ts';
import type { LeaderCallbacks, LeaderElectorOptions } from './leader-options.ts';
import {
  firstEpoch,
  freedRecord,
  heldRecord,
  type LeaseRecord,
  type LeaseTiming,
  leaseState,
  leaseTimingProblem,
  microTime,
} from './lease.ts';
import { watchLoopDelay } from './loop-delay.ts';
import type { KubeObject } from './object.ts';
import { type Observation, SeenLease } from './seen-lease.ts';
import { leaseObstacle, StoredLease } from './stored-lease.ts';

export type { LeaderCallbacks, LeaderElectorOptions };

/** From a stop on, the answer to a renewal that is under way is waited for. The grace of a pod has to do for more than that. */
const lastAnswerMs = 1_000;

/**
 * Holds one Lease for one process start. Proves no exclusion by itself: writes ask `isValid` when they are sent, and carry the epoch.
 */
export class LeaderElector {
  readonly #options: LeaderElectorOptions;
  readonly #timing: LeaseTiming;
  readonly #lease: StoredLease;
  readonly #writeTimeoutMs: number;
  readonly #seen: SeenLease;
  #held: { epoch: number; lastRenewMs: number } | undefined;
  /** An acquisition was sent and its answer never came: the lease may be ours though we do not lead. */
  #mayHold = false;
  /** Why nobody here could ever lead, as last tried: the lease is refused, or has no namespace to be in. */
  obstacle: string | undefined;

  constructor(options: LeaderElectorOptions) {
    const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2_000, writeTimeoutMs = 4_000 } = options;
    this.#options = options;
    this.#timing = { leaseDurationMs, renewDeadlineMs, retryPeriodMs };
    this.#writeTimeoutMs = writeTimeoutMs;
    const problem = leaseTimingProblem(this.#timing) ?? (writeTimeoutMs >= renewDeadlineMs ? 'the write time-out is too long' : undefined);
    if (problem !== undefined) throw new RangeError(problem);
    this.#seen = new SeenLease(options.clock);
    // Three attempts must fit into the renew deadline.
    this.#lease = new StoredLease(options, Math.floor(renewDeadlineMs / 3.5));
  }

  /** `leaseTransitions` at our acquisition; grows with each acquisition by anyone. Undefined while we do not lead. */
  get epoch(): number | undefined {
    return this.#held?.epoch;
  }

  /** Who holds the lease as last seen. */
  get holder(): string | undefined {
    return this.#seen.latest?.record.holderIdentity || undefined;
  }

  /** True while a write that is sent now ends before anyone else can take the lease. */
  isValid(): boolean {
    if (this.#held === undefined) return false;
    return this.#options.clock.monotonicMs() - this.#held.lastRenewMs < this.#timing.renewDeadlineMs - this.#writeTimeoutMs;
  }

  /** Follows, leads, and ends when leadership is lost or the signal aborts. An abort keeps the lease: see `release`. */
  async run(callbacks: LeaderCallbacks, signal: AbortSignal): Promise<void> {
    const epoch = await this.#acquire(signal);
    if (epoch === undefined) return;
    const { clock, log, identity } = this.#options;
    log.info({ identity, epoch }, 'leadership acquired');
    callbacks.onStarted(epoch);
    const [ended, cut] = [new AbortController(), new AbortController()];
    let release = () => {};
    const stop = () => {
      ended.abort();
      release = clock.after(lastAnswerMs, () => cut.abort());
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    let stalled: string | undefined;
    const releaseWatchdog = watchLoopDelay(clock, this.#timing.renewDeadlineMs / 2, (delayMs) => {
      stalled = `the event loop stood still for ${Math.round(delayMs)} ms`;
      ended.abort();
      cut.abort();
    });
    const lost = (await this.#keep(ended.signal, cut.signal)) ?? stalled;
    releaseWatchdog();
    release();
    signal.removeEventListener('abort', stop);
    if (lost === undefined) return;
    this.#held = undefined;
    log.error({ identity, epoch, reason: lost }, 'leadership lost');
    callbacks.onLost(lost);
  }

  /** Gives the lease back, so that a follower takes it at its next look. Only after the last write: it ends `isValid`. */
  async release(signal?: AbortSignal): Promise<void> {
    if (this.#held === undefined && !this.#mayHold) return;
    await this.#giveUp(0, signal);
  }

  /**
   * An object carries a higher epoch than ours. Where the lease is ours all the same, its count was lowered by a hand or a clock, or somebody led by another
   * lease: whoever leads next must have a higher one than that, or nobody ever could. Gives the lease back with that count, and ends `isValid` at once.
   */
  async outrun(epoch: number, signal?: AbortSignal): Promise<void> {
    if (this.#held === undefined) return;
    await this.#giveUp(epoch, signal);
  }

  async #giveUp(leastEpoch: number, signal: AbortSignal | undefined): Promise<void> {
    this.#held = undefined;
    this.#mayHold = false;
    // Somebody else, or a renewal whose answer was lost, may have moved the resourceVersion: look once more on a conflict.
    for (let attempt = 0; attempt < 2; attempt++) {
      const seen = await this.#observe(signal);
      if (!seen.ok || seen.value === undefined || seen.value.record.holderIdentity !== this.#options.identity) return;
      const free = freedRecord(seen.value.record, leastEpoch, this.#options.clock.nowMs());
      const written = await this.#lease.put(seen.value.object, free, signal);
      if (written.ok || written.failure.kind !== 'conflict') return;
    }
  }

  /** The epoch once we hold the lease, or undefined when stopped before. */
  async #acquire(signal: AbortSignal): Promise<number | undefined> {
    const { clock, random, log, identity } = this.#options;
    let said: KubeFailure['kind'] | undefined;
    let followed: string | undefined;
    while (!signal.aborted) {
      const epoch = await this.#tryAcquire(signal);
      this.obstacle = epoch.ok ? undefined : leaseObstacle(epoch.failure);
      if (epoch.ok && epoch.value !== undefined) return epoch.value;
      const leader = epoch.ok ? this.holder : undefined;
      if (leader !== undefined && leader !== followed) {
        log.info({ identity, leader }, 'standing by');
        followed = leader;
      }
      const failure = epoch.ok ? undefined : epoch.failure;
      // One line a transition: a server that is away for an hour says so once.
      if (failure !== undefined && failure.kind !== said && !signal.aborted)
        log.warn({ failure: describeFailure(failure) }, 'lease not acquired');
      said = failure?.kind;
      // Never later than the period, and not past the moment from which the lease is free: fail-over takes its duration and one retry.
      const retryMs = this.#timing.retryPeriodMs * (0.8 + 0.2 * random.next());
      await sleep(clock, Math.min(retryMs, this.#heldForMs() ?? retryMs), signal);
    }
    return undefined;
  }

  /** How long the lease is somebody else's yet, as last seen; undefined where it is not. */
  #heldForMs(): number | undefined {
    const { clock, identity } = this.#options;
    const state = leaseState(this.#seen.latest?.record, this.#seen.latest?.atMs ?? 0, clock.monotonicMs(), identity);
    return state.kind === 'held' ? state.remainingMs : undefined;
  }

  async #tryAcquire(signal: AbortSignal): Promise<Result<number | undefined, KubeFailure>> {
    const { clock, identity } = this.#options;
    const seen = await this.#observe(signal);
    if (!seen.ok) return seen;
    const observed = seen.value;
    const state = leaseState(observed?.record, observed?.atMs ?? 0, clock.monotonicMs(), identity);
    if (state.kind === 'held') return ok(undefined);
    const wallMs = clock.nowMs();
    const sentAtMs = clock.monotonicMs();
    // What was once seen counts too: a hand may have lowered the number.
    const nextEpoch = this.#seen.highestEpoch + 1;
    const epoch =
      observed === undefined
        ? Math.max(firstEpoch(wallMs), nextEpoch)
        : state.kind === 'ours'
          ? observed.record.leaseTransitions
          : nextEpoch;
    const record = this.#record(epoch, microTime(wallMs), wallMs);
    this.#mayHold = true;
    const written =
      observed === undefined ? await this.#lease.create(record, signal) : await this.#lease.put(observed.object, record, signal);
    const landed = await this.#settle(written, record, signal);
    this.#mayHold = !landed.ok && landed.failure.kind === 'unknownOutcome';
    if (!landed.ok) return landed;
    this.#held = { epoch, lastRenewMs: sentAtMs };
    return ok(epoch);
  }

  /** Nobody can have taken the lease before this is true, and anybody may have soon after. */
  #isOverdue(): boolean {
    return this.#held === undefined || this.#options.clock.monotonicMs() - this.#held.lastRenewMs >= this.#timing.renewDeadlineMs;
  }

  /**
   * Renews until it cannot; gives the reason, or undefined when stopped. A stop lets the renewal that is under way come to its end, for a moment: what the lease
   * is given back by is its answer, whatever a server that lags would say. `cut` ends that, too.
   */
  async #keep(signal: AbortSignal, cut: AbortSignal): Promise<string | undefined> {
    const { clock, random, log } = this.#options;
    while (!signal.aborted && this.#held !== undefined) {
      const untilMs = this.#held.lastRenewMs + this.#timing.renewDeadlineMs - clock.monotonicMs();
      if (untilMs <= 0) return `not renewed for ${this.#timing.renewDeadlineMs} ms`;
      await sleep(clock, Math.min(untilMs, this.#timing.retryPeriodMs * (0.9 + 0.2 * random.next())), signal);
      if (signal.aborted) return undefined;
      // The process may have been frozen: what it led is long over, and not a byte of it may be sent.
      if (this.#isOverdue()) continue;
      const renewed = await this.#renew(cut);
      if (renewed.ok) continue;
      if (signal.aborted) return undefined;
      log.warn({ failure: describeFailure(renewed.failure) }, 'lease not renewed');
      const lost = await this.#takenOver(renewed.failure, signal);
      if (lost !== undefined) return lost;
    }
    return undefined;
  }

  async #renew(signal: AbortSignal): Promise<Result<void, KubeFailure>> {
    const { clock } = this.#options;
    const { observed, held } = { observed: this.#seen.latest, held: this.#held };
    if (observed === undefined || held === undefined) return fail(localFailure('protocol', 'there is no lease to renew'));
    const sentAtMs = clock.monotonicMs();
    const record = this.#record(held.epoch, observed.record.acquireTime, clock.nowMs());
    const guard = () => (this.#isOverdue() ? localFailure('fenced', 'not sent: the renew deadline has passed') : undefined);
    const landed = await this.#settle(await this.#lease.put(observed.object, record, signal, guard), record, signal);
    if (!landed.ok) return landed;
    // Given back meanwhile, it is nobody's to renew.
    if (this.#held !== undefined) this.#held = { epoch: held.epoch, lastRenewMs: sentAtMs };
    return ok(undefined);
  }

  /** After a failed renew: looks who holds the lease. Our own record, touched by others, is written over at the next renew. */
  async #takenOver(failure: KubeFailure, signal: AbortSignal): Promise<string | undefined> {
    if (failure.kind !== 'conflict' && failure.kind !== 'notFound') return undefined;
    const seen = await this.#observe(signal);
    if (!seen.ok) return undefined;
    // Someone else may have created, held and lost it meanwhile: what we led was that other object.
    if (seen.value === undefined) return 'the lease was deleted';
    const { holderIdentity, leaseTransitions } = seen.value.record;
    if (holderIdentity !== this.#options.identity) return `the lease is held by ${holderIdentity || 'nobody'}`;
    return leaseTransitions === this.#held?.epoch ? undefined : 'the epoch of the lease was changed';
  }

  /** Whether a write of ours landed, asking the server where its answer was lost. */
  async #settle(written: Result<KubeObject, KubeFailure>, record: LeaseRecord, signal: AbortSignal): Promise<Result<void, KubeFailure>> {
    if (written.ok) {
      this.#seen.note(written.value);
      return ok(undefined);
    }
    if (written.failure.kind !== 'unknownOutcome') return written;
    const seen = await this.#observe(signal);
    return seen.ok && seen.value !== undefined && sameJson(seen.value.record, record) ? ok(undefined) : written;
  }

  async #observe(signal: AbortSignal | undefined): Promise<Result<Observation | undefined, KubeFailure>> {
    const reply = await this.#lease.get(signal);
    if (reply.ok) return ok(this.#seen.note(reply.value));
    if (reply.failure.kind !== 'notFound') return reply;
    this.#seen.forget();
    return ok(undefined);
  }

  #record(leaseTransitions: number, acquireTime: string, wallMs: number): LeaseRecord {
    const held = { holderIdentity: this.#options.identity, leaseTransitions, acquireTime };
    return heldRecord(held, this.#timing.leaseDurationMs, wallMs);
  }
}
