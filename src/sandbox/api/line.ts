import type { Clock } from '../../lib/index.ts';
import { type CallFault, type Faults, goneEvent, type WatchCut } from './faults.ts';
import { jsonText } from './json-text.ts';
import type { ApiAnswer, ApiPort, ApiRequest, ApiWatch, ApiWatchEvent } from './port.ts';

/** What becomes of a request on its way. Of a silent one nothing is ever heard. */
export type Outcome =
  | { readonly kind: 'answered'; readonly answer: ApiAnswer }
  /** The connection broke. Only the network knows whether the request was served. */
  | { readonly kind: 'lost' };

export interface WatchListener {
  /** Once, unless the opening is lost in silence. A status of 300 and above ends it. */
  onHead(head: Outcome): void;
  /** A line of the stream: JSON of an event, or whatever a faulty network makes of it. */
  onLine(line: string): void;
  /** In place of the line of a whole event, for whoever can take it as a value. */
  onEvent?(event: ApiWatchEvent): void;
  onEnd(how: 'closed' | 'broken'): void;
}

/** One watch on the line. */
export interface LineWatch {
  readonly request: ApiRequest;
  /** Ends it as a fault would. */
  cut(how: WatchCut): void;
  /** The watcher hangs up. */
  close(): void;
}

/** The way between a client and an API server: takes its time, and loses things, where faults say so. Without faults, at once. */
export interface ApiLine {
  send(request: ApiRequest, done: (outcome: Outcome) => void): void;
  watch(request: ApiRequest, listener: WatchListener): LineWatch;
  /** Watches that are open now. */
  watches(): readonly LineWatch[];
}

export interface LineOptions {
  readonly port: ApiPort;
  readonly clock: Clock;
  /** May be exchanged while requests are under way. */
  readonly faults?: Faults;
}

export function createLine({ port, clock, faults = {} }: LineOptions): ApiLine {
  const open = new Set<OpenLine>();

  /** Lets `proceed` go on after a fault that allows it. */
  function pass(fault: CallFault | undefined, done: (outcome: Outcome) => void, proceed: () => void): void {
    switch (fault?.kind) {
      case undefined:
        proceed();
        break;
      case 'delay':
        clock.after(fault.delayMs, proceed);
        break;
      case 'answer':
        done({ kind: 'answered', answer: fault.answer });
        break;
      case 'reset':
        done({ kind: 'lost' });
        break;
      case 'silence':
        break;
    }
  }

  return {
    send(request, done) {
      pass(faults.arriving?.(request), done, () => {
        faults.serving?.(request);
        const answer = port.request(request);
        const date = new Date(clock.nowMs()).toUTCString();
        const dated = { ...answer, headers: { ...answer.headers, date } };
        pass(faults.leaving?.(request, answer), done, () => done({ kind: 'answered', answer: dated }));
      });
    },
    watch(request, listener) {
      const line = new OpenLine(request, listener, faults, () => open.delete(line));
      open.add(line);
      const refuse = (head: Outcome) => {
        open.delete(line);
        listener.onHead(head);
      };
      pass(faults.arriving?.(request), refuse, () => {
        if (line.isClosed) return;
        const opening = port.watch(request, () => line.pump());
        if (opening.kind === 'refused') {
          refuse({ kind: 'answered', answer: opening.answer });
          return;
        }
        listener.onHead({ kind: 'answered', answer: { status: 200, headers: { 'content-type': 'application/json' }, body: undefined } });
        line.begin(opening.watch);
      });
      return line;
    },
    watches: () => [...open],
  };
}

/** JSON of an event. */
const lineOf = ({ type, object }: ApiWatchEvent): string => `{"type":"${type}","object":${jsonText(object)}}`;

class OpenLine implements LineWatch {
  readonly request: ApiRequest;
  readonly #listener: WatchListener;
  readonly #faults: Faults;
  readonly #onClose: () => void;
  #watch: ApiWatch | undefined;
  #isSilent = false;
  #isPumping = false;
  isClosed = false;

  constructor(request: ApiRequest, listener: WatchListener, faults: Faults, onClose: () => void) {
    this.request = request;
    this.#listener = listener;
    this.#faults = faults;
    this.#onClose = onClose;
  }

  begin(watch: ApiWatch): void {
    this.#watch = watch;
    this.pump();
  }

  /** Brings over what the server has queued. */
  pump(): void {
    // A listener may write to the server, which calls back: the loop below sees what that brings.
    if (this.#watch === undefined || this.#isPumping) return;
    this.#isPumping = true;
    for (let event = this.#watch.next(); event !== undefined && !this.isClosed; event = this.#watch.next()) {
      const fault = this.#isSilent ? undefined : this.#faults.streaming?.(this.request, event);
      if (fault?.kind === 'silence') this.#isSilent = true;
      if (fault?.kind === 'cut') {
        this.cut(fault.how, lineOf(event));
        break;
      }
      if (fault?.kind === 'drop' || this.#isSilent) continue;
      this.#tell(event);
      if (fault?.kind === 'twice') this.#tell(event);
    }
    this.#isPumping = false;
    if (this.#watch.isOver() && !this.isClosed && !this.#isSilent) this.#end('closed');
  }

  #tell(event: ApiWatchEvent): void {
    if (this.#listener.onEvent === undefined) this.#listener.onLine(lineOf(event));
    else this.#listener.onEvent(event);
  }

  cut(how: WatchCut, line = '{"type":"MODIFIED","object":{"metadata":{}}}'): void {
    if (this.isClosed) return;
    if (how === 'gone') this.#listener.onLine(JSON.stringify(goneEvent));
    if (how === 'garbage') this.#listener.onLine('<html><body>502 Bad Gateway</body></html>');
    if (how === 'truncated') this.#listener.onLine(line.slice(0, line.length / 2));
    this.#end(how === 'reset' ? 'broken' : 'closed');
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#watch?.close();
    this.#onClose();
  }

  #end(how: 'closed' | 'broken'): void {
    this.close();
    this.#listener.onEnd(how);
  }
}
