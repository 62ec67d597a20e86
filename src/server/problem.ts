import { STATUS_CODES } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { ReasonCode } from '../core/index.ts';
import type { Problem } from './decider.ts';

export const problemType = 'application/problem+json';

/** `retryAfterSeconds`: when it may be asked again. */
export const problem = (status: number, reason: ReasonCode, detail: string, retryAfterSeconds?: number): Problem => ({
  ...{ status, reason, detail },
  ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
});

/** RFC 9457, with our reason code as a member of its own. */
export const problemDocument = ({ status, reason, detail }: Pick<Problem, 'status' | 'reason' | 'detail'>) => ({
  type: 'about:blank',
  title: STATUS_CODES[status] ?? 'Error',
  status,
  detail,
  reason,
});

export function sendProblem(reply: FastifyReply, refused: Problem): FastifyReply {
  if (refused.status === 401) reply.header('www-authenticate', 'Bearer realm="sluice"');
  if (refused.retryAfterSeconds !== undefined) reply.header('retry-after', String(Math.ceil(refused.retryAfterSeconds)));
  return reply.code(refused.status).type(problemType).send(problemDocument(refused));
}
