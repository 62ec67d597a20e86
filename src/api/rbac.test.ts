import { describe, expect, it } from 'vitest';
import { decisionActions } from '../core/decision.ts';
import { memoryNames } from '../notify/index.ts';
import type { Manifest, PolicyRule } from './rbac.ts';
import { apiRules, chatRules, controllerRules, leaseRules, renderRbac, secretRules } from './rbac.ts';

const all = [...controllerRules, ...secretRules, ...leaseRules];
const rulesOf = (manifests: readonly Manifest[], name: string): readonly PolicyRule[] =>
  manifests
    .filter(({ kind, metadata }) => kind === 'ClusterRole' && (metadata as { name: string }).name === name)
    .flatMap(({ rules }) => rules as readonly PolicyRule[]);

describe('the controller’s permissions', () => {
  it('have no wildcard', () => {
    expect(
      all.flatMap(({ apiGroups, resources, verbs }) => [...apiGroups, ...resources, ...verbs]).filter((word) => word.includes('*')),
    ).toEqual([]);
  });

  it('never list or watch Secrets', () => {
    const verbs = all.filter(({ resources }) => resources.includes('secrets')).flatMap((rule) => rule.verbs);
    expect([...verbs].sort()).toEqual(['create', 'delete', 'get']);
  });

  it('touch neither pods, roles, tokens nor webhooks', () => {
    const writable = all
      .filter(({ verbs }) => verbs.some((verb) => !['get', 'list', 'watch'].includes(verb)))
      .flatMap(({ resources }) => resources);
    expect(
      writable.filter((name) => /^(pods|roles|clusterroles|rolebindings|clusterrolebindings|serviceaccounts|namespaces|nodes)/.test(name)),
    ).toEqual([]);
  });

  it('read the map of chat accounts and write it never: whoever may write it decides as anybody', () => {
    const of = (name: string) => chatRules.filter(({ resourceNames }) => resourceNames?.includes(name)).flatMap(({ verbs }) => verbs);
    expect(of('sluice-accounts')).toEqual(['get']);
    expect(memoryNames.map((name) => of(name))).toEqual(memoryNames.map(() => ['get', 'patch']));
  });

  it('name each resource of a group once', () => {
    const named = all.flatMap(({ apiGroups, resources }) => resources.map((resource) => `${apiGroups[0]}/${resource}`));
    expect(new Set(named).size).toBe(named.length);
  });
});

describe('the permissions of the HTTP API alone', () => {
  it('change nothing but by a Decision', () => {
    const writes = apiRules.flatMap(({ apiGroups: [group], resources, verbs }) =>
      verbs.filter((verb) => !['get', 'list', 'watch'].includes(verb)).map((verb) => `${verb} ${group}/${resources.join(',')}`),
    );
    expect(writes).toEqual([
      'create sluice.dev/decisions',
      'create authentication.k8s.io/tokenreviews',
      'create authorization.k8s.io/subjectaccessreviews',
    ]);
  });

  it('are no more than the controller’s, and see no Secrets and no leases', () => {
    const all = (rules: readonly PolicyRule[]) =>
      rules.flatMap(({ apiGroups: [group], resources, verbs }) =>
        resources.flatMap((each) => verbs.map((verb) => `${verb} ${group}/${each}`)),
      );
    const had = new Set(all(controllerRules));
    expect(all(apiRules).filter((one) => !had.has(one))).toEqual([]);
    expect(all(apiRules).filter((one) => /secrets|leases/.test(one))).toEqual([]);
  });
});

describe('what is rendered', () => {
  const manifests = renderRbac('shop-system');

  it('lives in the namespace that was asked for', () => {
    const namespaces = manifests.map(({ metadata }) => (metadata as { namespace?: string }).namespace).filter((name) => name !== undefined);
    expect(new Set(namespaces)).toEqual(new Set(['shop-system']));
    expect(JSON.stringify(manifests)).not.toContain('sluice-system');
  });

  it('binds every role of the controller, and none of the people’s', () => {
    const bound = manifests
      .filter(({ kind }) => String(kind).endsWith('RoleBinding'))
      .map(({ roleRef }) => (roleRef as { name: string }).name);
    expect([...bound].sort()).toEqual([
      ...['sluice-api', 'sluice-chat', 'sluice-controller', 'sluice-controller-secrets', 'sluice-leader-election'],
    ]);
  });

  it('lets an operator decide everything, an approver at gates, a viewer nothing', () => {
    const verbs = (role: string) =>
      rulesOf(manifests, role)
        .filter(({ resources }) => resources.includes('rollouts/decision'))
        .flatMap((rule) => rule.verbs);
    expect([...verbs('sluice-operator')].sort()).toEqual(decisionActions.map((action) => action.toLowerCase()).sort());
    expect(verbs('sluice-approver')).toEqual(['approve', 'reject', 'resume']);
    expect(verbs('sluice-viewer')).toEqual([]);
  });
});
