import { decisionActions } from '../core/decision.ts';
import { decisionSubresource, group, kinds } from './group.ts';

type Manifest = Readonly<Record<string, unknown>>;

/** The verb on `rollouts/decision` that allows an action: its name in small letters. */
export const verbOf = (action: string): string => action.toLowerCase();

const view = { apiGroups: [group], resources: kinds.map(({ plural }) => plural), verbs: ['get', 'list', 'watch'] };
const decide = (verbs: readonly string[]) => [
  { apiGroups: [group], resources: ['decisions'], verbs: ['create'] },
  { apiGroups: [group], resources: [`rollouts/${decisionSubresource}`], verbs },
];

/**
 * Examples for people, to be bound to users and groups, in one namespace or in all. `resourceNames` of a rule narrow it to single
 * Rollouts; `create` on decisions alone allows nothing.
 */
export const peopleRoles = (): readonly Manifest[] => [
  role('sluice-viewer', [view], { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' }),
  role('sluice-approver', [view, ...decide(['approve', 'reject', 'resume'])]),
  role('sluice-operator', [
    view,
    ...decide(decisionActions.map(verbOf)),
    { apiGroups: [group], resources: ['rollouts', 'analysistemplates', 'analysisruns'], verbs: ['create', 'patch', 'update', 'delete'] },
    { apiGroups: [group], resources: ['rollouts/scale'], verbs: ['get', 'patch', 'update'] },
  ]),
];

const role = (name: string, rules: readonly unknown[], labels: Readonly<Record<string, string>> = {}): Manifest => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name, labels: { 'app.kubernetes.io/part-of': 'sluice', ...labels } },
  rules,
});
