import { decisionSubresource, decisions, group, rollouts, version } from './group.ts';

type Manifest = Readonly<Record<string, unknown>>;

const name = 'sluice-decisions';
const subresource = `${rollouts.plural}/${decisionSubresource}`;

/**
 * Who may make a Decision, asked by the API server itself: the caller must be its subject, and have the verb of its action on
 * `rollouts/decision` of that Rollout. Only `accounts`, our HTTP API's own, write another's, after they have mapped and reviewed them.
 */
export const decisionPolicy = (accounts: readonly string[]): readonly Manifest[] => [
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name, labels: { 'app.kubernetes.io/part-of': 'sluice' } },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        resourceRules: [{ apiGroups: [group], apiVersions: [version], operations: ['CREATE'], resources: [decisions.plural] }],
      },
      variables: [
        { name: 'isOurs', expression: `request.userInfo.username in [${accounts.map((account) => `'${account}'`).join(', ')}]` },
        { name: 'verb', expression: 'object.spec.action.lowerAscii()' },
      ],
      validations: [
        {
          expression: 'variables.isOurs || object.spec.subject == request.userInfo.username',
          messageExpression: "'spec.subject must be you: ' + request.userInfo.username",
          message: 'spec.subject must be the caller',
          reason: 'Forbidden',
        },
        {
          expression: `variables.isOurs || authorizer.group('${group}').resource('${rollouts.plural}').subresource('${decisionSubresource}').namespace(request.namespace).name(object.spec.rollout.name).check(variables.verb).allowed()`,
          messageExpression: `request.userInfo.username + ' needs the verb ' + variables.verb + ' on ${subresource} of ' + object.spec.rollout.name`,
          message: `the caller needs the verb of the action on ${subresource}`,
          reason: 'Forbidden',
        },
      ],
    },
  },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name, labels: { 'app.kubernetes.io/part-of': 'sluice' } },
    spec: { policyName: name, validationActions: ['Deny'] },
  },
];
