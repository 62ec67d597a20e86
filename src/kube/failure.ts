import { clippedLine } from '../lib/clip.ts';
import { isObject } from '../lib/json.ts';

/** Why a call to the API server gave no answer that can be used. Each kind asks for another reaction of the caller. */
export type KubeFailureKind =
  /** 409: the object moved on. Observe again. */
  | 'conflict'
  | 'alreadyExists'
  /** 410: the resourceVersion or continue token is too old. List again. */
  | 'gone'
  | 'notFound'
  | 'forbidden'
  | 'unauthorized'
  | 'invalid'
  | 'badRequest'
  /** 429: certainly not executed. */
  | 'tooManyRequests'
  /** 5xx: the server answered that it could not. */
  | 'unavailable'
  /** The deadline passed before a write was sent, or while a read waited. */
  | 'timeout'
  /** No connection, or a read's connection broke. A write with this kind was never sent. */
  | 'network'
  /** A write was sent and its answer was lost: it may have happened. Observe before acting again. */
  | 'unknownOutcome'
  /** The caller's own signal. */
  | 'aborted'
  /** Not sent: this process no longer holds the lease that allows it to write. */
  | 'fenced'
  | 'tooLarge'
  /** The answer was no Kubernetes API answer. */
  | 'protocol';

export interface KubeFailure {
  readonly kind: KubeFailureKind;
  readonly status?: number;
  /** The API's machine-readable reason, such as `Conflict` or `Expired`. */
  readonly reason?: string;
  /** One line for people. Never holds headers or credentials. */
  readonly message: string;
  readonly retryAfterMs?: number;
  /** `details` of the API's Status, unread. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface StatusReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  /** Decides whether a lost answer leaves the outcome unknown. */
  readonly isWrite: boolean;
}

const longestMessage = 1_024;

/** The failure that an HTTP answer of 300 and above stands for. */
export function failureFromStatus(reply: StatusReply): KubeFailure {
  const parsed = parseObject(reply.body);
  const isStatus = parsed?.kind === 'Status';
  const described = isStatus ? readStatus(parsed) : { message: `HTTP ${reply.status}: ${clippedLine(reply.body, 200)}`.trim() };
  const kind = kindOf(reply, described.reason, described.message);
  const retryAfterMs = retryAfterOf(reply.headers) ?? described.retryAfterMs;
  return {
    kind,
    status: reply.status,
    message: described.message || `HTTP ${reply.status}`,
    ...(described.reason === undefined ? {} : { reason: described.reason }),
    ...(described.details === undefined ? {} : { details: described.details }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** The failure inside a watch event of type ERROR, whose object is a Status. */
export function failureFromStatusObject(object: unknown): KubeFailure {
  const code = isObject(object) && typeof object.code === 'number' ? object.code : 500;
  const failure = failureFromStatus({ status: code, body: JSON.stringify(object ?? null), isWrite: false });
  return failure.reason === 'Expired' || failure.reason === 'Gone' ? { ...failure, kind: 'gone' } : failure;
}

/** A failure that the API server did not report itself. */
export function localFailure(kind: KubeFailureKind, message: string, reason?: string): KubeFailure {
  return { kind, message: clippedLine(message, longestMessage), ...(reason === undefined ? {} : { reason }) };
}

/** `conflict 409 (Conflict): the object has been modified`, on one line. */
export function describeFailure(failure: KubeFailure): string {
  const status = failure.status === undefined ? '' : ` ${failure.status}`;
  const reason = failure.reason === undefined ? '' : ` (${failure.reason})`;
  return `${failure.kind}${status}${reason}: ${failure.message}`;
}

/** The same request may succeed later without anyone changing anything. */
export function isTransient(failure: KubeFailure): boolean {
  return failure.kind === 'tooManyRequests' || failure.kind === 'unavailable' || failure.kind === 'timeout' || failure.kind === 'network';
}

/** The server did not answer, or this process may not write to it for the moment: no word on the request itself. */
export function isCutOff({ kind }: KubeFailure): boolean {
  return kind === 'network' || kind === 'timeout' || kind === 'unknownOutcome' || kind === 'unavailable' || kind === 'fenced';
}

/** Nobody answered at all. */
export function isSilence({ kind, status }: KubeFailure): boolean {
  return status === undefined && (kind === 'network' || kind === 'timeout' || kind === 'unknownOutcome');
}

function kindOf(reply: StatusReply, reason: string | undefined, message: string): KubeFailureKind {
  switch (reply.status) {
    case 400:
    case 405:
    case 406:
    case 415:
      return 'badRequest';
    case 401:
      return 'unauthorized';
    case 403:
      return 'forbidden';
    case 404:
      return 'notFound';
    case 408:
      return reply.isWrite ? 'unknownOutcome' : 'timeout';
    case 409:
      return reason === 'AlreadyExists' ? 'alreadyExists' : 'conflict';
    case 410:
      return 'gone';
    case 413:
      return 'tooLarge';
    case 422:
      return 'invalid';
    case 429:
      return 'tooManyRequests';
    default:
      if (reply.status < 500) return reply.status >= 400 ? 'badRequest' : 'protocol';
      return reply.isWrite && mayHaveHappened(reply.status, message) ? 'unknownOutcome' : 'unavailable';
  }
}

// etcd's own time-outs and leader changes reach us as a plain 500, with the write perhaps in the log.
function mayHaveHappened(status: number, message: string): boolean {
  return status === 502 || status === 504 || /etcdserver: (request timed out|leader changed)|context deadline exceeded/.test(message);
}

function readStatus(status: Record<string, unknown>) {
  const details = isObject(status.details) ? status.details : undefined;
  const seconds = details?.retryAfterSeconds;
  return {
    message: clippedLine(typeof status.message === 'string' ? status.message : '', longestMessage),
    ...(typeof status.reason === 'string' && status.reason !== '' ? { reason: status.reason } : {}),
    ...(details === undefined ? {} : { details }),
    ...(typeof seconds === 'number' && seconds > 0 ? { retryAfterMs: seconds * 1_000 } : {}),
  } satisfies { message: string; reason?: string; details?: Record<string, unknown>; retryAfterMs?: number };
}

// Only the form in seconds: the API server sends no dates, and a date would need a clock we may not trust.
function retryAfterOf(headers: Readonly<Record<string, string>> | undefined): number | undefined {
  const seconds = Number(headers?.['retry-after'] ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
}

function parseObject(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
