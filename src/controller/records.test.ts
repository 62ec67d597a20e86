import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../kube/index.ts';
import { Interner } from '../lib/index.ts';
import { UserTemplates } from './read-before.ts';
import * as records from './records.ts';

const { projectConfig } = records;
const projectRollout = (object: KubeObject) => records.projectRollout(object, new Interner());
const projectDeployment = (object: KubeObject) => records.projectDeployment(object, new Interner(), new UserTemplates());
const projectService = (object: KubeObject) => records.projectService(object, new Interner());
const projectEndpoints = (object: KubeObject) => records.projectEndpoints(object, new Interner());

const metadata = (more: object = {}) => ({ name: 'web', namespace: 'shop', uid: 'u1', resourceVersion: '7', generation: 2, ...more });
const ours = {
  labels: { 'sluice.dev/rollout': 'web', 'sluice.dev/revision': 'abc' },
  ownerReferences: [{ apiVersion: 'sluice.dev/v1alpha1', kind: 'Rollout', name: 'web', uid: 'r1', controller: true }],
};
const template = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'app', image: 'web:1', envFrom: [{ configMapRef: { name: 'settings' } }] }] },
};

const deployment = (more: Partial<Record<'metadata' | 'spec' | 'status', object>> = {}): KubeObject => ({
  metadata: metadata(more.metadata),
  spec: { replicas: 3, template, ...more.spec },
  status: { observedGeneration: 2, replicas: 3, readyReplicas: 2, updatedReplicas: 3, ...more.status },
});

describe('a Deployment', () => {
  test('of a user’s keeps its template, for the day it becomes a revision', () => {
    const record = projectDeployment(deployment());
    expect(JSON.parse(record.template?.unpack() ?? '')).toEqual(template);
    expect(record.uses).toEqual([{ kind: 'ConfigMap', name: 'settings', isOptional: false }]);
    expect(record).toMatchObject({ replicas: 3, readyReplicas: 2, isObserved: true, isPaused: false, mark: undefined });
  });

  test('of a revision keeps nothing of the template but its hash', () => {
    const annotations = { 'sluice.dev/template-hash': 'abc', 'sluice.dev/configs': 'ConfigMap/settings,Secret/db,Pod/x' };
    const conditions = [{ type: 'Available', status: 'True', lastTransitionTime: '2026-01-01T00:00:05Z' }];
    const record = projectDeployment(deployment({ metadata: { ...ours, annotations }, status: { conditions } }));
    expect(record.template).toBeUndefined();
    expect(record.templateHash).toBe('abc');
    expect(record.mark).toEqual({ rollout: 'web', revision: 'abc', ownerUid: 'r1' });
    expect(record.copies).toEqual([
      { kind: 'ConfigMap', name: 'settings' },
      { kind: 'Secret', name: 'db' },
    ]);
    expect(record.availableSinceMs).toBe(Date.UTC(2026, 0, 1, 0, 0, 5));
  });

  test('whose status is of an older generation says nothing about these replicas', () => {
    expect(projectDeployment(deployment({ status: { observedGeneration: 1 } })).isObserved).toBe(false);
  });

  test('without a count has one replica, as Kubernetes says', () => {
    expect(projectDeployment({ metadata: metadata(), spec: { template } }).replicas).toBe(1);
  });

  test('names the manager that set its count, unless that was us', () => {
    const entry = (manager: string) => ({ manager, operation: 'Apply', fieldsV1: { 'f:spec': { 'f:replicas': {} } } });
    expect(projectDeployment(deployment({ metadata: { managedFields: [entry('flux'), entry('sluice')] } })).replicasManager).toBe('flux');
    expect(projectDeployment(deployment({ metadata: { managedFields: [entry('sluice')] } })).replicasManager).toBeUndefined();
    const byScale = { ...entry('kubectl'), operation: 'Update', subresource: 'scale' };
    const scaled = deployment({ metadata: { ...ours, managedFields: [entry('sluice'), byScale] } });
    expect(projectDeployment(scaled).replicasManager).toBe('kubectl');
  });
});

describe('a Service', () => {
  test('names the applier that owns its selector; an updater owns nothing', () => {
    const entry = (operation: string) => ({ manager: 'flux', operation, fieldsV1: { 'f:spec': { 'f:selector': {} } } });
    const service = (operation: string) =>
      projectService({
        metadata: metadata({ managedFields: [entry(operation)] }),
        spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http', nodePort: 30_000 }] },
      });
    expect(service('Apply').selectorApplier).toBe('flux');
    expect(service('Update').selectorApplier).toBeUndefined();
    expect(service('Update').ports).toEqual([{ port: 80, targetPort: 'http' }]);
  });
});

describe('endpoints', () => {
  test('count where they are ready and not on their way out', () => {
    const endpoints = [
      { conditions: { ready: true } },
      { conditions: { ready: true, terminating: true } },
      { conditions: { ready: false } },
      {},
    ];
    const labels = { 'kubernetes.io/service-name': 'web-abc', 'sluice.dev/rollout': 'web' };
    expect(projectEndpoints({ metadata: metadata({ labels }), endpoints })).toMatchObject({ service: 'web-abc', ready: 1 });
  });

  test('of other Services are nobody’s business', () => {
    expect(projectEndpoints({ metadata: metadata({ labels: { 'kubernetes.io/service-name': 'web' } }), endpoints: [] })).toBeUndefined();
  });
});

describe('a ConfigMap', () => {
  test('is known by its content alone', () => {
    const hash = (object: object) => projectConfig({ metadata: metadata(), ...object })?.hash;
    expect(hash({ data: { a: '1', b: '2' } })).toBe(hash({ data: { b: '2', a: '1' }, immutable: true }));
    expect(hash({ data: { a: '1' } })).not.toBe(hash({ data: { a: '2' } }));
    expect(hash({ binaryData: { a: 'MQ==' } })).not.toBe(hash({ data: { a: 'MQ==' } }));
  });

  test('that is a copy of ours is no configuration of anybody else', () => {
    expect(projectConfig({ metadata: metadata({ annotations: { 'sluice.dev/config-hash': 'x' } }), data: {} })).toBeUndefined();
  });
});

test('a Rollout that cannot be decoded is kept with its errors and what its status says', () => {
  const record = projectRollout({ metadata: metadata(), spec: {}, status: { message: 'before' } });
  expect(record.decoded.ok).toBe(false);
  expect(record.rawStatus).toEqual({ message: 'before' });
});

describe('a Rollout that became invalid', () => {
  const finalizers = ['sluice.dev/finalizer'];
  const spec = { service: { name: 'front' }, workloadRef: { name: 'web' }, traffic: { smi: {} }, windows: 'none' };

  test('still has what it took over: no younger one may take that', () => {
    expect(projectRollout({ metadata: metadata({ finalizers }), spec })).toMatchObject({ service: 'front', workload: 'web' });
    expect(projectRollout({ metadata: metadata(), spec })).toMatchObject({ service: '', workload: undefined });
  });

  test('is decoded for its deletion, where that can be', () => {
    const deletionTimestamp = '2026-03-01T12:00:00Z';
    const leaving = projectRollout({ metadata: metadata({ finalizers, deletionTimestamp }), spec });
    expect([leaving.decoded.ok, leaving.isLeaving]).toEqual([true, true]);
    const lost = projectRollout({ metadata: metadata({ finalizers, deletionTimestamp }), spec: { ...spec, traffic: {} } });
    expect(lost.decoded).toMatchObject({ ok: false, failure: [{ path: 'spec.traffic' }] });
  });
});
