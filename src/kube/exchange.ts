import type { Dispatcher } from 'undici';
import { fail, ok, type Result } from '../lib/result.ts';
import { failureFromStatus, type KubeFailure, localFailure } from './failure.ts';
import { LineQueue, LineSplitter } from './lines.ts';
import type { TransportReply, TransportStream } from './transport.ts';

export interface Exchange {
  readonly dispatcher: Dispatcher;
  readonly options: Dispatcher.DispatchOptions;
  readonly isWrite: boolean;
  readonly maxBytes: number;
  readonly guard?: (() => KubeFailure | undefined) | undefined;
}

const maxErrorBytes = 64 * 1024;
const queuedLines = 256;
const cancelled = () => new Error('cancelled');

/**
 * One request and its whole answer. Built on `dispatch`, the only interface of undici that says when bytes leave: that moment
 * parts a write that surely did not happen from one whose outcome is unknown.
 */
export function exchange(call: Exchange, signal: AbortSignal): Promise<Result<TransportReply, KubeFailure>> {
  return new Promise((resolve) => {
    const wire = new Wire(call, signal, (failure) => resolve(fail(failure)));
    const chunks: Buffer[] = [];
    let bytes = 0;
    const reply = () => ok({ status: wire.status, headers: wire.headers, body: Buffer.concat(chunks).toString('utf8') });
    const finish = () => wire.settle(() => resolve(reply()));
    wire.start({
      onData(chunk) {
        bytes += chunk.length;
        if (bytes > call.maxBytes) wire.abandon(localFailure('tooLarge', `the answer exceeds ${call.maxBytes} bytes`));
        else chunks.push(chunk);
      },
      onEnd: finish,
      // A refusal is a refusal, even where its explanation was cut off.
      onError: (failure) => (wire.status >= 400 ? finish() : wire.abandon(failure)),
    });
  });
}

/** One request and an answer that is read line by line. `headSignal` counts until the head arrived, `signal` for all of it. */
export function openStream(call: Exchange, headSignal: AbortSignal, signal?: AbortSignal): Promise<Result<TransportStream, KubeFailure>> {
  return new Promise((resolve) => {
    const wire = new Wire(call, headSignal, (failure) => resolve(fail(failure)));
    const splitter = new LineSplitter(call.maxBytes);
    const refusal: Buffer[] = [];
    let refusalBytes = 0;
    let failure: KubeFailure | undefined;
    const lines = new LineQueue({ highWater: queuedLines, pause: () => wire.pause(), resume: () => wire.resume() });
    const close = () => end(signal?.aborted ? localFailure('aborted', 'stopped') : undefined);
    const end = (cause: KubeFailure | undefined) => {
      failure ??= cause;
      signal?.removeEventListener('abort', close);
      lines.end();
      wire.abort();
    };
    const refuse = () => {
      const body = Buffer.concat(refusal).toString('utf8');
      wire.abandon(failureFromStatus({ status: wire.status, headers: wire.headers, body, isWrite: false }));
    };
    wire.start({
      onHead() {
        if (wire.status >= 300) return;
        signal?.addEventListener('abort', close, { once: true });
        wire.settle(() => resolve(ok({ status: wire.status, headers: wire.headers, lines, failure: () => failure, close })));
      },
      onData(chunk) {
        if (wire.status >= 300) {
          refusal.push(chunk);
          refusalBytes += chunk.length;
          if (refusalBytes > maxErrorBytes) refuse();
          return;
        }
        const complete = splitter.push(chunk);
        if (complete === undefined) end(localFailure('tooLarge', `a line exceeds ${call.maxBytes} bytes`));
        else lines.push(complete);
      },
      onEnd() {
        if (wire.status >= 300) return refuse();
        const rest = splitter.rest();
        if (rest.trim() !== '') lines.push([rest]);
        end(undefined);
      },
      onError: (cause) => (wire.status >= 300 ? refuse() : wire.isSettled ? end(cause) : wire.abandon(cause)),
    });
  });
}

interface Listener {
  onHead?(): void;
  onData(chunk: Buffer): void;
  onEnd(): void;
  onError(failure: KubeFailure): void;
}

/** One dispatched request: sends it under guard and signal, and settles once. */
class Wire {
  status = 0;
  headers: Record<string, string> = {};
  #controller: Dispatcher.DispatchController | undefined;
  #isSent = false;
  #isSettled = false;
  #isAborted = false;
  readonly #call: Exchange;
  readonly #signal: AbortSignal;
  readonly #refuse: (failure: KubeFailure) => void;
  readonly #interrupt = () => this.abandon(this.#interruption());

  constructor(call: Exchange, signal: AbortSignal, refuse: (failure: KubeFailure) => void) {
    this.#call = call;
    this.#signal = signal;
    this.#refuse = refuse;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  start(listener: Listener): void {
    if (this.#signal.aborted) {
      this.#interrupt();
      return;
    }
    this.#signal.addEventListener('abort', this.#interrupt, { once: true });
    try {
      this.#call.dispatcher.dispatch(this.#call.options, {
        onRequestStart: (controller) => this.#begin(controller),
        onResponseStart: (_controller, status, headers) => {
          // 1xx answers precede the real one.
          if (status < 200) return;
          this.status = status;
          this.headers = flatten(headers);
          listener.onHead?.();
        },
        onResponseData: (_controller, chunk) => {
          if (!this.#isAborted) listener.onData(chunk);
        },
        onResponseEnd: () => {
          if (!this.#isAborted) listener.onEnd();
        },
        onResponseError: (_controller, error) => {
          if (!this.#isAborted) listener.onError(this.#breakage(error));
        },
      });
    } catch (error) {
      this.abandon(localFailure('badRequest', `the request cannot be sent: ${messageOf(error)}`));
    }
  }

  settle(deliver: () => void): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#signal.removeEventListener('abort', this.#interrupt);
    deliver();
  }

  abandon(failure: KubeFailure): void {
    this.settle(() => this.#refuse(failure));
    this.abort();
  }

  abort(): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#controller?.abort(cancelled());
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    if (!this.#isAborted) this.#controller?.resume();
  }

  #begin(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isAborted) {
      controller.abort(cancelled());
      return;
    }
    const refused = this.#call.guard?.();
    if (refused === undefined) this.#isSent = true;
    else this.abandon(refused);
  }

  #interruption(): KubeFailure {
    const isTimeout = isTimeoutReason(this.#signal.reason);
    const what = isTimeout ? 'the deadline passed' : 'the caller stopped waiting';
    if (this.#call.isWrite && this.#isSent) return localFailure('unknownOutcome', `${what} after the write was sent`);
    return localFailure(isTimeout ? 'timeout' : 'aborted', what);
  }

  #breakage(error: Error): KubeFailure {
    const text = messageOf(error);
    if (this.#call.isWrite && this.#isSent) return localFailure('unknownOutcome', `the connection broke after the write was sent: ${text}`);
    return localFailure('network', text, codeOf(error));
  }
}

export function isTimeoutReason(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError';
}

// Messages of socket and TLS errors name hosts and certificates, never headers.
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const first = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
  return first.message || codeOf(first) || first.name;
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function flatten(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}
