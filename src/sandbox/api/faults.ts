import type { ApiAnswer, ApiRequest, ApiWatchEvent } from './port.ts';
import {
  badRequest,
  conflict,
  expired,
  forbidden,
  modified,
  noSuchPath,
  type Refusal,
  refusalAnswer,
  serviceUnavailable,
  statusOf,
  timeout,
  tooManyRequests,
  unauthorized,
} from './status.ts';

/** What goes wrong with a request before it is served, or with its answer after that. */
export type CallFault =
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** This in place of the answer. */
  | { readonly kind: 'answer'; readonly answer: ApiAnswer }
  /** The connection breaks. */
  | { readonly kind: 'reset' }
  /** Nothing ever comes. */
  | { readonly kind: 'silence' };

/** What goes wrong with a watch at one of its events. */
export type EventFault =
  | { readonly kind: 'drop' }
  | { readonly kind: 'twice' }
  /** The stream stays open and says nothing more: a half-open connection. */
  | { readonly kind: 'silence' }
  | { readonly kind: 'cut'; readonly how: WatchCut };

/** How a watch ends before its time: by the server, by the network, with a 410 inside, with rubbish, in the middle of a line. */
export type WatchCut = 'close' | 'reset' | 'gone' | 'garbage' | 'truncated';

/** Asked at each step of a request's way; undefined lets it pass. */
export interface Faults {
  /** Before it is served: a fault here means that it never was, but for a delay. */
  readonly arriving?: (request: ApiRequest) => CallFault | undefined;
  /** At the moment when it is served; what is written until `leaving` is its effect. */
  readonly serving?: (request: ApiRequest) => void;
  /** After it was served: its effect is there, whatever its sender learns. */
  readonly leaving?: (request: ApiRequest, answer: ApiAnswer) => CallFault | undefined;
  readonly streaming?: (request: ApiRequest, event: ApiWatchEvent) => EventFault | undefined;
}

/** The refusals of a server in trouble, for faults to answer with. */
export const troubles = {
  tooManyRequests: (retryAfterSeconds: number): ApiAnswer => refusalAnswer(tooManyRequests(retryAfterSeconds)),
  /** As etcd's own time-outs reach clients: perhaps it was done. */
  internal: (message = 'etcdserver: request timed out'): ApiAnswer => refusalAnswer({ code: 500, reason: '', message }),
  unavailable: (message = 'apiserver is shutting down'): ApiAnswer => refusalAnswer(serviceUnavailable(message)),
  /** A gateway's: the request may have been done, or may yet be. */
  timeout: (): ApiAnswer => refusalAnswer(timeout('request did not complete within the allotted timeout')),
  conflict: (): ApiAnswer => refusalAnswer(conflict({ group: '', name: 'requests' }, '', modified)),
  notFound: (): ApiAnswer => refusalAnswer(noSuchPath),
  unauthorized: (): ApiAnswer => refusalAnswer(unauthorized),
  forbidden: (): ApiAnswer => refusalAnswer(forbidden({ group: '', name: 'requests' }, '', 'permission was taken away')),
  gone: (): ApiAnswer => refusalAnswer(expired('too old resource version')),
  badRequest: (message: string): ApiAnswer => refusalAnswer(badRequest(message)),
};

export const goneEvent: ApiWatchEvent = { type: 'ERROR', object: statusOf(expired('too old resource version') satisfies Refusal) };
