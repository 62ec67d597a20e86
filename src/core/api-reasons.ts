/** Why the HTTP API did not serve a request. */
const refusal = <Severity extends 'warning' | 'error'>(severity: Severity, means: string, remedy: string) => ({ severity, means, remedy });

export const apiReasons = {
  Unauthenticated: refusal(
    'warning',
    'The request has no bearer token that the API server takes.',
    'Send Authorization: Bearer TOKEN; kubectl create token gives one of a ServiceAccount.',
  ),
  NotAllowed: refusal(
    'warning',
    'The caller has no right to this.',
    'The message names the verb: bind a role that has it, such as sluice-approver of sluice render rbac.',
  ),
  NotFound: refusal('warning', 'There is nothing of that name.', 'Look at the namespace and the name.'),
  MethodNotAllowed: refusal('warning', 'The route has other methods.', 'The header Allow names them.'),
  InvalidRequest: refusal(
    'warning',
    'The request is not as the API has it.',
    'The message says where; openapi.json says how it has to be.',
  ),
  BodyTooLarge: refusal('warning', 'The body is longer than 64 KiB.', 'Send what the route asks for, and nothing else.'),
  UnsupportedMediaType: refusal(
    'warning',
    'The body is not plain application/json.',
    'Send Content-Type: application/json, and no encoding.',
  ),
  RequestTooSlow: refusal('warning', 'The request did not arrive in time.', 'Send it in one piece.'),
  TooManyRequests: refusal('warning', 'The caller, or its address, asks too often.', 'Wait as long as Retry-After says.'),
  TooManyViewers: refusal(
    'warning',
    'As many streams of events are open as there may be.',
    'Close some, or raise maxViewers (docs/settings.md).',
  ),
  StaleDecision: refusal(
    'warning',
    'The decision names another revision or attempt than the one under way; nothing was written.',
    'Look at what is under way now, and decide again.',
  ),
  GateNotOpen: refusal('warning', 'The gate is not open: not yet, or no longer; nothing was written.', 'Look at the Rollout’s gates.'),
  NothingUnderWay: refusal('warning', 'No release is under way that could be decided on.', 'Look at the Rollout.'),
  KeyReused: refusal(
    'warning',
    'The Idempotency-Key was used for another request of this caller on this Rollout.',
    'Take a new key for each thing that you want done.',
  ),
  NotServing: refusal(
    'warning',
    'This replica does not know the cluster yet, or cannot reach the API server.',
    'Ask again in a moment; /readyz says what is missing.',
  ),
  InternalError: refusal('error', 'A fault of the program.', 'Please report it; the log has it under the same request id.'),
} as const;
