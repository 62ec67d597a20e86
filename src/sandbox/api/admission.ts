// ValidatingAdmissionPolicies: what they say of a write before it is stored.
import type { Attempt } from './auth/index.ts';
import type { Call, User } from './call.ts';
import type { ApiObject } from './port.ts';
import { type Cel, type CelContext, celEnvironment, celValue, createCel } from './schema/index.ts';
import { qualified, type Refusal } from './status.ts';
import { listOf, type Members, membersOf, textOf } from './values.ts';

export interface Policies {
  list(table: string): readonly ApiObject[];
  get(table: string, key: string): ApiObject | undefined;
}

/** A write that is about to be stored, in the version of the request. */
export interface Admission {
  readonly operation: 'CREATE' | 'UPDATE';
  readonly object: ApiObject;
  readonly old: ApiObject | undefined;
}

export type Authorizer = (user: User, attempt: Attempt) => boolean;

const group = 'admissionregistration.k8s.io';

/** The refusal of the first policy that denies the write. */
export function denied(policies: Policies, call: Call, admission: Admission, allows: Authorizer): Refusal | undefined {
  for (const binding of policies.list(`${group}/validatingadmissionpolicybindings`)) {
    const { policyName, validationActions } = membersOf(binding.spec);
    const policy = policies.get(`${group}/validatingadmissionpolicies`, textOf(policyName));
    if (policy === undefined || !listOf(validationActions).includes('Deny') || !covers(policy, call, admission)) continue;
    const refusal = judge(policy, binding, call, contextOf(call, admission, allows));
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function covers(policy: ApiObject, { kind, version, subresource }: Call, { operation }: Admission): boolean {
  const resource = subresource === undefined ? kind.plural : `${kind.plural}/${subresource}`;
  const has = (values: unknown, value: string) => listOf(values).some((one) => one === '*' || one === value);
  return listOf(membersOf(membersOf(policy.spec).matchConstraints).resourceRules)
    .map(membersOf)
    .some(
      (rule) =>
        has(rule.apiGroups, kind.group) &&
        has(rule.apiVersions, version.name) &&
        has(rule.operations, operation) &&
        has(rule.resources, resource),
    );
}

/** `authorizer` in an expression: what is asked for, gathered word by word. */
class Asking {
  readonly attempt: Attempt;
  readonly allows: (attempt: Attempt) => boolean;
  constructor(attempt: Attempt, allows: (attempt: Attempt) => boolean) {
    this.attempt = attempt;
    this.allows = allows;
  }
  with(part: Partial<Attempt>): Asking {
    return new Asking({ ...this.attempt, ...part }, this.allows);
  }
}

class Verdict {
  readonly isAllowed: boolean;
  constructor(isAllowed: boolean) {
    this.isAllowed = isAllowed;
  }
}

const cel: Cel = createCel(
  ['object', 'oldObject', 'request', 'variables'].reduce(
    (environment, name) => environment.registerVariable(name, 'dyn'),
    celEnvironment()
      .registerType('Asking', { ctor: Asking, fields: {} })
      .registerType('Verdict', { ctor: Verdict, fields: {} })
      .registerVariable('authorizer', 'Asking')
      .registerFunction('Asking.group(string): Asking', (asking: Asking, name: string) => asking.with({ group: name }))
      .registerFunction('Asking.resource(string): Asking', (asking: Asking, name: string) => asking.with({ resource: name }))
      .registerFunction('Asking.subresource(string): Asking', (asking: Asking, name: string) => asking.with({ subresource: name }))
      .registerFunction('Asking.namespace(string): Asking', (asking: Asking, name: string) => asking.with({ namespace: name }))
      .registerFunction('Asking.name(string): Asking', (asking: Asking, name: string) => asking.with({ name }))
      .registerFunction(
        'Asking.check(string): Verdict',
        (asking: Asking, verb: string) => new Verdict(asking.allows({ ...asking.attempt, verb })),
      )
      .registerFunction('Verdict.allowed(): bool', (verdict: Verdict) => verdict.isAllowed),
  ),
);

function contextOf(call: Call, { operation, object, old }: Admission, allows: Authorizer): CelContext {
  const { user, kind, version, namespace, subresource } = call;
  const { username, uid, groups } = user;
  return {
    object: celValue(object, version.schema),
    oldObject: old === undefined ? null : celValue(old, version.schema),
    request: {
      operation,
      name: object.metadata.name,
      namespace: namespace ?? '',
      subResource: subresource ?? '',
      kind: { group: kind.group, version: version.name, kind: kind.kind },
      resource: { group: kind.group, version: version.name, resource: kind.plural },
      userInfo: { username, uid: uid ?? '', groups },
    },
    authorizer: new Asking({ verb: '', group: '', resource: '' }, (attempt) => allows(user, attempt)),
  };
}

function judge(policy: ApiObject, binding: ApiObject, call: Call, context: CelContext): Refusal | undefined {
  const { matchConditions, variables, validations, failurePolicy } = membersOf(policy.spec);
  const holds = (expression: unknown, known: CelContext) => cel.evaluate(textOf(expression), known);
  const isMeant = listOf(matchConditions).every((one) => {
    const outcome = holds(membersOf(one).expression, context);
    return outcome.kind === 'value' && outcome.value === true;
  });
  if (!isMeant) return undefined;
  const known = { ...context, variables: variablesOf(listOf(variables).map(membersOf), context) };
  for (const validation of listOf(validations).map(membersOf)) {
    const outcome = holds(validation.expression, known);
    if (outcome.kind === 'value' && outcome.value === true) continue;
    if (outcome.kind === 'problem' && failurePolicy === 'Ignore') continue;
    const why =
      outcome.kind === 'problem'
        ? `expression '${textOf(validation.expression)}' resulted in error: ${outcome.problem}`
        : messageOf(validation, known);
    const { name, generateName } = (context.object as ApiObject).metadata;
    return refusalOf(
      call,
      // A name that the server made up says nothing to whoever asked.
      generateName === undefined ? name : '',
      `ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}' denied request: ${why}`,
      validation,
    );
  }
  return undefined;
}

/** Each may use those before it. One that cannot be evaluated is missing, to whoever asks for it. */
function variablesOf(variables: readonly Members[], context: CelContext): Readonly<Record<string, unknown>> {
  const known: Record<string, unknown> = {};
  for (const { name, expression } of variables) {
    const outcome = cel.evaluate(textOf(expression), { ...context, variables: known });
    if (outcome.kind === 'value') known[textOf(name)] = outcome.value;
  }
  return known;
}

function messageOf({ expression, message, messageExpression }: Members, known: CelContext): string {
  const said = messageExpression === undefined ? undefined : cel.evaluate(textOf(messageExpression), known);
  if (said?.kind === 'value' && typeof said.value === 'string' && said.value.trim() !== '') return said.value;
  return textOf(message) || `failed expression: ${textOf(expression)}`;
}

const codes: Readonly<Record<string, number>> = { Unauthorized: 401, Forbidden: 403, RequestEntityTooLarge: 413, Invalid: 422 };

function refusalOf({ kind }: Call, named: string, why: string, validation: Members): Refusal {
  const reason = textOf(validation.reason) || 'Invalid';
  const resource = { group: kind.group, name: kind.plural };
  return {
    code: codes[reason] ?? 422,
    reason,
    message: `${qualified(resource)}${named === '' ? '' : ` ${JSON.stringify(named)}`} is forbidden: ${why}`,
    details: {
      name: named,
      ...(kind.group === '' ? {} : { group: kind.group }),
      kind: kind.plural,
      causes: [{ message: why }],
    },
  };
}
