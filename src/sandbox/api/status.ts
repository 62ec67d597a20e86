import { errorBody, errorText, type FieldError } from './field-error.ts';
import type { ApiAnswer } from './port.ts';
import { freeze, type Members } from './values.ts';

/** A resource or kind with its group: `rollouts.sluice.dev`, or `pods` in the core group. */
export interface GroupName {
  readonly group: string;
  readonly name: string;
}

export const qualified = ({ group, name }: GroupName): string => (group === '' ? name : `${name}.${group}`);

/** A refusal of the API server: what goes over the wire as a `Status`. */
export interface Refusal {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details?: Members;
  /** `metadata` of the Status: holds the token with which an expired list goes on. */
  readonly metadata?: Members;
}

/** Thrown in the depth of one request and turned into its answer at the top of it, nowhere else. */
export class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

export function refuse(refusal: Refusal): never {
  throw new Refused(refusal);
}

export const statusOf = ({ code, reason, message, details, metadata = {} }: Refusal): Members => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata,
  status: 'Failure',
  message,
  ...(reason === '' ? {} : { reason }),
  ...(details === undefined ? {} : { details }),
  code,
});

export function refusalAnswer(refusal: Refusal): ApiAnswer {
  const seconds = refusal.details?.retryAfterSeconds;
  return answer(refusal.code, statusOf(refusal), typeof seconds === 'number' && seconds > 0 ? { 'retry-after': String(seconds) } : {});
}

export const answer = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): ApiAnswer => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: freeze(body),
});

export const text = (status: number, body: string): ApiAnswer => ({ status, headers: { 'content-type': 'text/plain' }, body });

const named = (resource: GroupName, name: string): Members => ({
  ...(name === '' ? {} : { name }),
  ...(resource.group === '' ? {} : { group: resource.group }),
  ...(resource.name === '' ? {} : { kind: resource.name }),
});

export const notFound = (resource: GroupName, name: string): Refusal => ({
  code: 404,
  reason: 'NotFound',
  message: `${qualified(resource)} ${JSON.stringify(name)} not found`,
  details: named(resource, name),
});

/** A path that names no resource that is served. */
export const noSuchPath: Refusal = {
  code: 404,
  reason: 'NotFound',
  message: 'the server could not find the requested resource',
  details: {},
};

export const alreadyExists = (resource: GroupName, name: string, isGoing: boolean): Refusal => ({
  code: 409,
  reason: 'AlreadyExists',
  message: `${isGoing ? 'object is being deleted: ' : ''}${qualified(resource)} ${JSON.stringify(name)} already exists`,
  details: named(resource, name),
});

export const generateNameConflict = (resource: GroupName, name: string): Refusal => ({
  code: 409,
  reason: 'AlreadyExists',
  message: `${qualified(resource)} ${JSON.stringify(name)} already exists, the server was not able to generate a unique name for the object`,
  details: { ...named(resource, name), retryAfterSeconds: 1 },
});

export const conflict = (resource: GroupName, name: string, why: string): Refusal => ({
  code: 409,
  reason: 'Conflict',
  message: `Operation cannot be fulfilled on ${qualified(resource)} ${JSON.stringify(name)}: ${why}`,
  details: named(resource, name),
});

export const modified = 'the object has been modified; please apply your changes to the latest version and try again';

export function invalidObject(kind: GroupName, name: string, errors: readonly FieldError[]): Refusal {
  const texts = [...new Set(errors.map(errorText))];
  const said = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const causes = errors.map((error) => ({ reason: `FieldValue${error.type}`, message: errorBody(error), field: error.field }));
  return {
    code: 422,
    reason: 'Invalid',
    message: `${qualified(kind)} ${JSON.stringify(name)} is invalid: ${said}`,
    details: { ...named(kind, name), causes },
  };
}

export const badRequest = (message: string): Refusal => ({ code: 400, reason: 'BadRequest', message });

export const forbidden = (resource: GroupName, name: string, why: string): Refusal => ({
  code: 403,
  reason: 'Forbidden',
  message: `${qualified(resource)}${name === '' ? '' : ` ${JSON.stringify(name)}`} is forbidden: ${why}`,
  details: named(resource, name),
});

export const unauthorized: Refusal = { code: 401, reason: 'Unauthorized', message: 'Unauthorized' };

export const methodNotAllowed: Refusal = {
  code: 405,
  reason: 'MethodNotAllowed',
  message: 'the server does not allow this method on the requested resource',
  details: {},
};

export const unsupportedMediaType = (accepted: readonly string[]): Refusal => ({
  code: 415,
  reason: 'UnsupportedMediaType',
  message: `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
});

export const notAcceptable = (accepted: readonly string[]): Refusal => ({
  code: 406,
  reason: 'NotAcceptable',
  message: `only the following media types are accepted: ${accepted.join(', ')}`,
});

export const expired = (message: string, metadata: Members = {}): Refusal => ({ code: 410, reason: 'Expired', message, metadata });

export const tooLarge = (message: string): Refusal => ({ code: 413, reason: 'RequestEntityTooLarge', message });

export const tooManyRequests = (retryAfterSeconds: number): Refusal => ({
  code: 429,
  reason: 'TooManyRequests',
  message: 'Too many requests, please try again later.',
  details: { retryAfterSeconds },
});

export const internalError = (message: string): Refusal => ({
  code: 500,
  reason: 'InternalError',
  message: `Internal error occurred: ${message}`,
  details: { causes: [{ message }] },
});

/** An error that no handler has made a Status of. */
export const internalFailure = (message: string): Refusal => ({ code: 500, reason: '', message });

export const serviceUnavailable = (message: string): Refusal => ({ code: 503, reason: 'ServiceUnavailable', message });

export const timeout = (message: string): Refusal => ({ code: 504, reason: 'Timeout', message: `Timeout: ${message}`, details: {} });
