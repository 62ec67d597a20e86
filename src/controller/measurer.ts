import { askedText } from '../core/analysis/asked.ts';
import type { Answer, Question, ResolvedProvider, Sample, SecretKeyRef } from '../core/analysis/question.ts';
import type { ShareReading } from '../core/world.ts';
import type { Clock } from '../lib/clock.ts';
import { sameJson } from '../lib/json.ts';
import type { Result } from '../lib/result.ts';
import {
  askShare,
  askSharesTogether,
  Flights,
  kubernetesServer,
  type MetricIo,
  type MetricSources,
  type MetricWires,
  type Party,
  questionKey,
  ServerLanes,
  type ShareQuestion,
  type SourceAnswer,
  sharePartyOf,
  shareServerOf,
  shareTimeoutMs,
  unaskedShare,
} from '../metrics/index.ts';

/** One measurement that a plan wants. */
export interface MeasurementOrder {
  /** Key of the AnalysisRun: namespace/name. */
  readonly run: string;
  readonly runUid: string;
  readonly metric: string;
  readonly question: Question;
  readonly windowStartedAtMs: number;
  /** The dialect of the Rollout's own provider, for `mesh: auto`; left out: the detected mesh. */
  readonly mesh?: string | undefined;
}

export interface MeasurerOptions {
  readonly clock: Clock;
  readonly sources: MetricSources;
  /** A GET without retries; see MetricIo. */
  readonly kubeGet: MetricIo['kubeGet'];
  /** The decoded value. The failure is one line that names the Secret and the key. */
  readonly readSecret: (namespace: string, ref: SecretKeyRef, signal: AbortSignal) => Promise<Result<string, string>>;
  readonly prometheusAddress: string | undefined;
  readonly wires?: MetricWires;
  /** The detected mesh, asked at each question. */
  readonly mesh: () => string | undefined;
  /** A sample of this run is there to be taken. */
  readonly onFinished: (run: string) => void;
  /** Hears how each question ended, whoever asked it. */
  readonly onAsked?: (asked: Asked) => void;
  /** A reading for this Rollout is there. */
  readonly onShareFinished: (rollout: string) => void;
}

export interface Asked {
  readonly source: Question['provider']['kind'];
  /** It came to nothing. No traffic and a window that is too short are answers. */
  readonly hasFailed: boolean;
  /** Of a question about the share: who could not be asked, and why. */
  readonly outage?: string | undefined;
  /** Whether a weight has arrived, rather than how a release does. */
  readonly isShare: boolean;
}

interface RunState {
  readonly uid: string;
  /** By metric: how to withdraw the open question. */
  readonly open: Map<string, () => void>;
  samples: readonly Sample[];
}

interface ShareState {
  /** The open question, and how to withdraw it. */
  open: { readonly question: ShareQuestion; readonly withdraw: () => void } | undefined;
  reading: ShareReading | undefined;
}

/** Shorter than the shortest interval, so that no metric meets an answer of its last time. */
const sweepMs = 500;
const questionsPerServer = 8;
/** Fewer at the API server, whose connections also carry our writes. */
const questionsAtKubernetes = 4;
/** Samples of one metric that nobody has acknowledged; beyond them it is not asked again, so that no evidence is lost. */
const mostUnread = 4;

/**
 * Has questions answered off the reconciler and keeps the answers until they are acknowledged. Every call returns at once; finished
 * work is announced by callback, never from within a call.
 */
export class Measurer {
  readonly #options: MeasurerOptions;
  readonly #answers: Flights<SourceAnswer, ResolvedProvider>;
  readonly #readings: Flights<ShareReading, ShareQuestion>;
  readonly #runs = new Map<string, RunState>();
  readonly #shares = new Map<string, ShareState>();

  constructor(options: MeasurerOptions) {
    this.#options = options;
    const lanes = new ServerLanes(options.clock, (server) => (server === kubernetesServer ? questionsAtKubernetes : questionsPerServer));
    this.#answers = new Flights(options.clock, lanes, sweepMs);
    this.#readings = new Flights(options.clock, lanes, sweepMs);
  }

  /** Asks, unless this metric has an open question already. A run of another uid under the same name starts afresh. */
  ask(order: MeasurementOrder): void {
    const state = this.#stateOf(order);
    const unread = state.samples.filter((sample) => sample.metric === order.metric).length;
    if (state.open.has(order.metric) || unread >= mostUnread) return;
    const { clock, sources, onAsked = () => {} } = this.#options;
    const { provider, namespace } = order.question;
    const source = sources(provider.kind);
    const io = this.#ioFor(namespace, order.mesh);
    const party = source.together?.partyOf(provider, io);
    const startedAtMs = clock.nowMs();
    const departure = {
      key: questionKey(order.question, io),
      server: source.serverOf(provider, io),
      timeoutMs: source.timeoutMsOf(provider),
      send: (signal: AbortSignal) => source.ask(provider, io, signal),
      failure: (message: string): SourceAnswer => ({ kind: 'error', message }),
      together: party === undefined ? undefined : this.#togetherIn(party, provider, io),
    };
    const land = (answer: SourceAnswer, lagMs: number) => {
      const windowStartedAtMs = order.windowStartedAtMs - lagMs - extraWindowMs(order.question, answer);
      const { run, runUid, metric } = order;
      const times = { windowStartedAtMs, startedAtMs, finishedAtMs: clock.nowMs() };
      const sample = { run, runUid, metric, ...times, asked: askedText(provider), answer: withoutWindow(answer) };
      state.open.delete(order.metric);
      state.samples = [...state.samples, sample];
      onAsked({ source: provider.kind, hasFailed: answer.kind === 'error' || answer.kind === 'invalid', isShare: false });
      this.#options.onFinished(order.run);
    };
    state.open.set(order.metric, this.#answers.join(departure, { id: `${order.runUid}/${order.metric}`, land }));
  }

  #togetherIn(party: string, provider: ResolvedProvider, io: MetricIo): Party<SourceAnswer, ResolvedProvider> {
    const { together } = this.#options.sources(provider.kind);
    const sendAll = async (members: readonly ResolvedProvider[], signal: AbortSignal) => together?.ask(members, io, signal);
    return { party: `${provider.kind} ${party}`, member: provider, sendAll };
  }

  /** Finished and not yet acknowledged, oldest first. */
  peek(run: string): readonly Sample[] {
    return this.#runs.get(run)?.samples ?? [];
  }

  /** Drops samples whose effect is in the run's stored status; those that came in since stay. */
  acknowledge(run: string, samples: readonly Sample[]): void {
    const state = this.#runs.get(run);
    if (state === undefined) return;
    state.samples = state.samples.filter((sample) => !samples.includes(sample));
    this.#tidy(run, state);
  }

  /** `peek` and `acknowledge` in one, for callers that cannot fail in between. */
  take(run: string): readonly Sample[] {
    const samples = this.peek(run);
    this.acknowledge(run, samples);
    return samples;
  }

  /** Metrics of the run with an open question. `runUid`: not those of an earlier run under the same name. */
  inFlight(run: string, runUid?: string): readonly string[] {
    const state = this.#runs.get(run);
    return state === undefined || (runUid !== undefined && state.uid !== runUid) ? [] : [...state.open.keys()];
  }

  /** The run is over or gone: open questions that nobody else asks are aborted. */
  forget(run: string): void {
    const state = this.#runs.get(run);
    this.#runs.delete(run);
    for (const withdraw of state?.open.values() ?? []) withdraw();
  }

  /**
   * Asks for the share, unless a question about the same revisions is open. A window that merely slides does not replace it, or a slow
   * Prometheus would never finish one; a window that began after the open one ended does: a weight was written in between.
   */
  askShare(rollout: string, question: ShareQuestion): void {
    const state = this.#shares.get(rollout) ?? { open: undefined, reading: undefined };
    this.#shares.set(rollout, state);
    if (state.open !== undefined && stillServes(state.open.question, question)) return;
    state.open?.withdraw();
    const { sources, onShareFinished, onAsked = () => {} } = this.#options;
    const io = this.#ioFor(question.canary.namespace);
    const party = sharePartyOf(question);
    const askTogether = (questions: readonly ShareQuestion[], signal: AbortSignal) => askSharesTogether(questions, io, signal);
    const departure = {
      // One Rollout, one question: there is nobody to share it with.
      key: `${rollout} ${question.windowStartedAtMs} ${question.windowMs}`,
      server: shareServerOf(question, io),
      timeoutMs: shareTimeoutMs,
      send: (signal: AbortSignal) => askShare(question, sources, io, signal),
      failure: (message: string) => unaskedShare(question, io, message),
      together: party === undefined ? undefined : { party, member: question, sendAll: askTogether },
    };
    const land = (reading: ShareReading) => {
      state.open = undefined;
      state.reading = reading;
      const { outage } = reading;
      onAsked({ source: question.via.kind, hasFailed: outage !== undefined, outage, isShare: true });
      onShareFinished(rollout);
    };
    state.open = { question, withdraw: this.#readings.join(departure, { id: rollout, land }) };
  }

  /** The latest finished reading; its `windowStartedAtMs` says of which weight. */
  share(rollout: string): ShareReading | undefined {
    return this.#shares.get(rollout)?.reading;
  }

  isAskingShare(rollout: string): boolean {
    return this.#shares.get(rollout)?.open !== undefined;
  }

  forgetShare(rollout: string): void {
    this.#shares.get(rollout)?.open?.withdraw();
    this.#shares.delete(rollout);
  }

  /** Aborts every open question; nothing is announced any more. */
  close(): void {
    this.#answers.close();
    this.#readings.close();
    this.#runs.clear();
    this.#shares.clear();
  }

  #stateOf({ run, runUid }: MeasurementOrder): RunState {
    const known = this.#runs.get(run);
    if (known?.uid === runUid) return known;
    this.forget(run);
    const state: RunState = { uid: runUid, open: new Map(), samples: [] };
    this.#runs.set(run, state);
    return state;
  }

  // A run without open questions and samples leaves nothing behind.
  #tidy(run: string, state: RunState): void {
    if (state.open.size === 0 && state.samples.length === 0 && this.#runs.get(run) === state) this.#runs.delete(run);
  }

  #ioFor(namespace: string, mesh = this.#options.mesh()): MetricIo {
    const { clock, kubeGet, readSecret, prometheusAddress, wires } = this.#options;
    return { clock, kubeGet, prometheusAddress, ...wires, mesh, secret: (ref, signal) => readSecret(namespace, ref, signal) };
  }
}

function stillServes(open: ShareQuestion, wanted: ShareQuestion): boolean {
  const isSamePair = sameJson([open.canary, open.stable, open.via], [wanted.canary, wanted.stable, wanted.via]);
  return isSamePair && wanted.windowStartedAtMs <= open.windowStartedAtMs + open.windowMs;
}

/** How much longer the answered window is than the one asked for; it began that much earlier. */
function extraWindowMs({ provider }: Question, answer: SourceAnswer): number {
  return answer.windowMs !== undefined && 'windowMs' in provider ? Math.max(0, answer.windowMs - provider.windowMs) : 0;
}

function withoutWindow(answer: SourceAnswer): Answer {
  const { windowMs: _windowMs, ...rest } = answer;
  return rest;
}
