import { setMaxListeners } from 'node:events';
import {
  failureFromStatus,
  type KubeFailure,
  localFailure,
  type Transport,
  type TransportReply,
  type TransportRequest,
  type TransportStream,
} from '../../kube/index.ts';
import { type Clock, fail, ok, type Result } from '../../lib/index.ts';
import { jsonText } from './json-text.ts';
import type { ApiLine, LineWatch, Outcome } from './line.ts';
import type { ApiRequest, ApiWatchEvent } from './port.ts';
import { freeze } from './values.ts';

export interface DirectTransportOptions {
  readonly line: ApiLine;
  readonly clock: Clock;
  /** Sent with each request: `authorization`, `user-agent`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The controller's transport over a line in place of a socket: what the same bytes say, the same kinds of failure, the clock's own time. */
export class DirectTransport implements Transport {
  readonly #options: DirectTransportOptions;
  readonly #closing = new AbortController();

  constructor(options: DirectTransportOptions) {
    this.#options = options;
    // Every watch listens to it; that is no leak.
    setMaxListeners(0, this.#closing.signal);
  }

  request(request: TransportRequest, signal?: AbortSignal): Promise<Result<TransportReply, KubeFailure>> {
    const isWrite = request.method !== 'GET';
    return this.#exchange(request, signal, isWrite, (settle) => {
      this.#options.line.send(this.#apiRequest(request), (outcome) =>
        settle(outcome.kind === 'lost' ? lost(isWrite) : ok(replyOf(outcome))),
      );
    });
  }

  async stream(request: TransportRequest, signal?: AbortSignal): Promise<Result<TransportStream, KubeFailure>> {
    const lines = new Lines();
    let failure: KubeFailure | undefined;
    let watch: LineWatch | undefined;
    // The line may tell all of a short watch before it hands it over.
    const end = (cause: KubeFailure | undefined) => {
      failure ??= cause;
      signal?.removeEventListener('abort', stop);
      this.#closing.signal.removeEventListener('abort', stop);
      lines.end();
      watch?.close();
    };
    const stop = () => end(localFailure('aborted', 'stopped'));
    signal?.addEventListener('abort', stop, { once: true });
    this.#closing.signal.addEventListener('abort', stop, { once: true });
    const opened = await this.#exchange<TransportStream>(request, signal, false, (settle) => {
      watch = this.#options.line.watch(this.#apiRequest(request), {
        onHead(head) {
          const reply = head.kind === 'lost' ? undefined : replyOf(head);
          if (reply === undefined) settle(lost(false));
          else if (reply.status >= 300) settle(fail(failureFromStatus({ ...reply, isWrite: false })));
          else settle(ok({ status: reply.status, headers: reply.headers, lines, failure: () => failure, close: () => end(undefined) }));
        },
        onLine: (line) => lines.push(line),
        onEvent: (event) => lines.push(lineRead(event)),
        onEnd: (how) => end(how === 'broken' ? localFailure('network', 'the connection broke') : undefined),
      });
    });
    if (!opened.ok) end(undefined);
    return opened;
  }

  async close(): Promise<void> {
    this.#closing.abort();
  }

  /** One exchange under its deadline. What was sent and is not answered in time has an unknown outcome, if it was a write. */
  #exchange<T>(
    { deadlineMs, guard }: TransportRequest,
    signal: AbortSignal | undefined,
    isWrite: boolean,
    send: (settle: (result: Result<T, KubeFailure>) => void) => void,
  ): Promise<Result<T, KubeFailure>> {
    if (signal?.aborted || this.#closing.signal.aborted)
      return Promise.resolve(fail(localFailure('aborted', 'the caller stopped waiting')));
    const refused = guard?.();
    if (refused !== undefined) return Promise.resolve(fail(refused));
    return new Promise((resolve) => {
      const settle = (result: Result<T, KubeFailure>) => {
        cancel();
        signal?.removeEventListener('abort', interrupt);
        resolve(result);
      };
      const interrupt = () => settle(fail(interrupted(isWrite, signal?.aborted === true)));
      const cancel = this.#options.clock.after(deadlineMs, interrupt);
      signal?.addEventListener('abort', interrupt, { once: true });
      send(settle);
    });
  }

  #apiRequest({ method, path, query, headers, body }: TransportRequest): ApiRequest {
    return {
      method,
      path,
      headers: { accept: 'application/json', ...this.#options.headers, ...headers },
      ...(query === undefined ? {} : { query }),
      ...(body === undefined ? {} : { body: bodyRead(String(body)) }),
    };
  }
}

/** JSON as a value, for all who look at the request; what is none stays a text, which the server answers as it deserves. */
function bodyRead(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? text : value;
  } catch {
    return text;
  }
}

const lost = (isWrite: boolean) =>
  fail(
    isWrite
      ? localFailure('unknownOutcome', 'the connection broke after the write was sent')
      : localFailure('network', 'the connection broke'),
  );

function interrupted(isWrite: boolean, isAborted: boolean): KubeFailure {
  const what = isAborted ? 'the caller stopped waiting' : 'the deadline passed';
  if (isWrite) return localFailure('unknownOutcome', `${what} after the write was sent`);
  return localFailure(isAborted ? 'aborted' : 'timeout', what);
}

function replyOf({ answer: { status, headers, body } }: Extract<Outcome, { kind: 'answered' }>): TransportReply {
  if (typeof body === 'string') return { status, headers, body };
  return {
    ...{ status, headers, json: freeze(body ?? null) },
    get body() {
      return jsonText(body);
    },
  };
}

const lineRead = ({ type, object }: ApiWatchEvent): object => ({ type, object: freeze(object) });

/** Lines that are pushed, to be iterated once. */
class Lines implements AsyncIterable<string | object> {
  #lines: (string | object)[] = [];
  #isEnded = false;
  #wake = () => {};

  push(line: string | object): void {
    if (!this.#isEnded) this.#lines.push(line);
    this.#wake();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string | object> {
    for (;;) {
      const lines = this.#lines;
      this.#lines = [];
      yield* lines;
      if (this.#lines.length > 0) continue;
      if (this.#isEnded) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
