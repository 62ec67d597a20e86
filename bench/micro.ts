// How fast the inner functions are, on one core.
import { decodeRollout } from '../src/api/index.ts';
import { plan } from '../src/core/index.ts';
import { templateHashOf } from '../src/core/objects/index.ts';
import type { World } from '../src/core/world.ts';
import type { KubeObject } from '../src/kube/index.ts';
import type { Specimens } from './objects.ts';
import type { Figure, Section } from './report.ts';

export function microSection(specimens: Specimens): Section {
  const [text = '{}'] = specimens.collections['/apis/sluice.dev/v1alpha1/rollouts'] ?? [];
  const object = JSON.parse(text) as KubeObject;
  const world = worldOf(object, specimens);
  const outcome = plan(world);
  const note = `a healthy world; ${outcome.status === undefined ? 'no' : 'a'} status write, ${outcome.effects.length} effects`;
  return {
    title: 'Inner functions, one core',
    figures: [
      { ...perSecond('plan()', () => plan(world)), note },
      perSecond('decodeRollout()', () => decodeRollout(object)),
      perSecond('hash of a pod template', () => templateHashOf(specimens.template)),
      { ...perSecond('JSON.parse of a Rollout', () => JSON.parse(text)), note: `${text.length} bytes` },
    ],
  };
}

function perSecond(name: string, run: () => unknown): Figure {
  const end = (ms: number) => {
    const untilMs = performance.now() + ms;
    let count = 0;
    for (; performance.now() < untilMs; count++) run();
    return count;
  };
  end(500);
  const seconds = 2;
  const count = end(seconds * 1_000) / seconds;
  return { name, value: `${Math.round(count).toLocaleString('en')} a second (${(1e6 / count).toFixed(1)} µs)`, details: { count } };
}

function worldOf(object: KubeObject, { hashes, template }: Specimens): World {
  const decoded = decodeRollout(object);
  if (!decoded.ok) throw new Error(`the specimen cannot be decoded: ${JSON.stringify(decoded.failure)}`);
  const rollout = decoded.value;
  const [, revision] = hashes;
  const name = `${rollout.name}-${revision}`;
  const ports = [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' }];
  const deployment = {
    uid: 'd',
    resourceVersion: '1',
    replicas: 2,
    isObserved: true,
    totalReplicas: 2,
    readyReplicas: 2,
    templateHash: revision,
  };
  return {
    nowMs: Date.now(),
    epoch: rollout.status.epoch ?? 1,
    rollout,
    target: { kind: 'revision', revision, template, configs: [] },
    workload: undefined,
    rootService: {
      ...{ name: rollout.spec.service.name, uid: 's', resourceVersion: '1', ports, clusterIP: '10.0.0.1', type: 'ClusterIP' },
      ...{ selector: { app: 'demo', 'sluice.dev/revision': revision }, selectorApplier: undefined, isOurs: false },
    },
    revisions: [
      {
        revision,
        name,
        createdAt: '2026-01-01T00:00:00Z',
        deployment,
        service: { uid: 'v', resourceVersion: '1', ports },
        readyEndpoints: 2,
      },
    ],
    traffic: {
      kind: 'usable',
      provider: 'generic',
      split: {
        ...{ kind: 'present', uid: 't', resourceVersion: '1', ownership: { kind: 'ours' }, lastManager: undefined },
        split: { root: rollout.spec.service.name, backends: [{ service: name, weight: 100 }] },
        stamp: undefined,
      },
      ...{ adapter: { kind: 'unseen' }, share: { kind: 'unavailable' }, defaultMaxLagMs: 2_000 },
      ...{ refusesPin: false, namesZeroWeights: true, conflict: undefined },
    },
    ...{ runs: [], templateProblems: [], decisions: [], window: { kind: 'open' }, rival: undefined },
  };
}
