import { revisionName } from '../../../src/core/names.ts';
import { fingerprintOf, sharesIn } from '../../../src/core/split.ts';
import type { AdapterView, Revision, World } from '../../../src/core/world.ts';
import type { Owned, Toy, ToyCluster } from './toy-cluster.ts';

export const maxLagMs = 10_000;

const hidden: World['traffic'] = { kind: 'unusable', reason: 'Forbidden', message: 'the controller may not list and watch trafficsplits' };

/** What a controller sees of the toy cluster. */
export function worldOf(toy: ToyCluster, settings: Toy): World {
  const { rollout, nowMs, workload, root, split } = toy;
  const ready = toy.ready(workload);
  return {
    nowMs,
    epoch: toy.epoch,
    rollout,
    rival: toy.rival,
    decisions: [],
    templateProblems: [],
    window: { kind: 'open' },
    target: { kind: 'revision', revision: toy.target, template: { of: toy.target }, configs: [] },
    workload: {
      name: 'web',
      uid: 'uid-workload',
      resourceVersion: String(workload.version),
      generation: workload.generation,
      replicas: workload.readyAtMs.length,
      readyReplicas: ready,
      isPaused: workload.isPaused,
      isDeleting: false,
      templateHash: workload.template,
      isRolledOut: workload.template === workload.revision,
      replicasManager: 'argocd',
    },
    rootService: {
      name: 'web',
      uid: 'uid-root',
      resourceVersion: String(root.version),
      ports: root.ports,
      clusterIP: '10.0.0.1',
      type: 'ClusterIP',
      selector: { app: 'web', ...(root.pinned === undefined ? {} : { 'sluice.dev/revision': root.pinned }) },
      selectorApplier: undefined,
      isOurs: false,
    },
    revisions: [...toy.revisions.values()].map((owned) => viewOf(toy, owned)),
    ...(toy.blindness === 'some' ? { unreadable: 'the controller may not list and watch services' } : {}),
    traffic:
      toy.blindness === 'splits'
        ? hidden
        : {
            kind: 'usable',
            provider: 'generic',
            held: toy.isDoubtful ? { reason: 'ProviderAmbiguous', message: 'two meshes' } : undefined,
            split: split ?? { kind: 'absent' },
            adapter: adapterOf(toy, settings),
            share: { kind: 'unavailable' },
            defaultMaxLagMs: maxLagMs,
            refusesPin: false,
            namesZeroWeights: true,
            conflict: undefined,
          },
    runs: [...toy.runs.values()],
  };
}

function viewOf(toy: ToyCluster, owned: Owned): Revision {
  const { revision, readyAtMs, hasDeployment, hasService, version, createdAtMs, ports, portsSinceMs } = owned;
  const ready = readyAtMs.filter((atMs) => atMs <= toy.nowMs).length;
  const replicas = readyAtMs.length;
  const availableSinceMs = ready === 0 ? undefined : Math.min(...readyAtMs);
  const counts = { replicas, totalReplicas: replicas, readyReplicas: ready, isObserved: true, availableSinceMs };
  return {
    revision,
    name: revisionName('web', revision),
    createdAt: new Date(createdAtMs).toISOString(),
    readyEndpoints: hasDeployment && hasService ? ready : 0,
    deployment: hasDeployment ? { uid: `uid-${revision}`, resourceVersion: String(version), templateHash: revision, ...counts } : undefined,
    service: hasService ? { uid: `svc-${revision}`, resourceVersion: String(version), ports, portsSinceMs } : undefined,
  };
}

function adapterOf(toy: ToyCluster, settings: Toy): AdapterView {
  if (!settings.isAdapterSeen || toy.split === undefined) return { kind: 'unseen' };
  const wanted = sharesIn(fingerprintOf(toy.split.split));
  const { shares = {} } = toy.traffic;
  const has = sharesIn(
    fingerprintOf({
      root: 'web',
      backends: Object.entries(shares).map(([revision, weight]) => ({ service: revisionName('web', revision), weight })),
    }),
  );
  return wanted === has ? { kind: 'agrees', object: 'adapter' } : { kind: 'contradicts', object: 'adapter', message: `it says ${has}` };
}
