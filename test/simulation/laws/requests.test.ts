import { expect, test } from 'vitest';
import { type Charge, chargeOf, noneLostByUs } from './requests.ts';
import {
  abort,
  atRest,
  begun,
  canary,
  confirm,
  midCanary,
  must,
  nameOf,
  ref,
  resources,
  rolloutResource,
  type Scene,
  type Stage,
  type StageOptions,
  splits,
  stable,
  stageFor,
} from './testing/stage.ts';
import { witnessOf } from './witness.ts';

const clients = {
  ...{ name: 'curl', namespace: 'shop', target: { namespace: 'shop', service: 'web', port: 80 } },
  rate: { kind: 'constant', perSecond: 20 },
} as const;

const podsOf = ({ people }: Stage, revision: string) =>
  people.list(resources.pods, { namespace: 'shop', labelSelector: `sluice.dev/revision=${revision}` }).map(({ metadata }) => metadata);

/** Who is charged with what was lost in this world. */
function chargesOf(
  set: (stage: Stage) => Scene,
  happens: (scene: Scene, stage: Stage) => void,
  options: StageOptions = {},
): readonly Charge['to'][] {
  const stage = stageFor(noneLostByUs, options);
  const scene = set(stage);
  stage.sandbox.send(clients);
  stage.pass(5_000);
  expect(stage.sandbox.oracle.totals().lost).toBe(0);
  happens(scene, stage);
  stage.pass(20_000);
  const losses = stage.sandbox.oracle.losses();
  expect(losses.length).toBeGreaterThan(0);
  return [...new Set(losses.map((loss) => chargeOf(stage.run, witnessOf(stage.run), loss).to))];
}

test('a pod that crashes under traffic is charged to the pods', () => {
  const charges = chargesOf(midCanary, (_, stage) => {
    for (const pod of podsOf(stage, canary)) stage.sandbox.faults.crash(pod);
  });
  expect(charges).toEqual(['pods']);
});

test('a node that is lost under traffic is charged to the pods', () => {
  const charges = chargesOf(midCanary, (_, stage) => {
    for (const pod of podsOf(stage, stable)) stage.sandbox.faults.loseNode(pod);
  });
  expect(charges).toEqual(['pods']);
});

test('a root Service that somebody deletes is charged to them', () => {
  const charges = chargesOf(midCanary, (_, { people }) => void people.delete(resources.services, ref('web')));
  expect(charges).toEqual(['others']);
});

test('a split that somebody points at nobody is charged to them', () => {
  const charges = chargesOf(midCanary, (scene, { people }) => {
    scene.revision('cccccccccc', 0);
    must(people.patch(splits, ref('web'), { spec: { backends: [{ service: 'web-cccccccccc', weight: 100 }] } }));
  });
  expect(charges).toEqual(['others']);
});

test('pods that somebody scales away are charged to them', () => {
  const charges = chargesOf(
    midCanary,
    (_, { people }) => void must(people.patch(resources.deployments, ref(nameOf(canary)), { spec: { replicas: 0 } })),
  );
  expect(charges).toEqual(['others']);
});

test('pods that a controller takes are charged to whoever asked for no replicas, and to the controller where some were asked for', () => {
  const charges = (replicas: number) =>
    chargesOf(atRest, (scene, { people }) => {
      must(people.patch(rolloutResource, ref('web'), { spec: { replicas } }));
      scene.scale(stable, 0);
    });
  expect(charges(0)).toEqual(['others']);
  expect(charges(1)).toEqual(['controller']);
});

test('none are asked for no longer once some have been for maxLag', () => {
  const charges = chargesOf(atRest, (scene, stage) => {
    must(stage.people.patch(rolloutResource, ref('web'), { spec: { replicas: 0 } }));
    must(stage.people.patch(rolloutResource, ref('web'), { spec: { replicas: 2 } }));
    stage.pass(15_000);
    scene.scale(stable, 0);
  });
  expect(charges).toEqual(['controller']);
});

test('a data plane that is behind by more than maxLag is charged to the mesh, by less to whoever took the pods', () => {
  const after = (waitMs: number) =>
    chargesOf(midCanary, (scene, stage) => {
      stage.sandbox.faults.hold('routes');
      abort(scene);
      scene.split({ [canary]: 0, [stable]: 100 });
      stage.pass(waitMs);
      scene.scale(canary, 0);
    });
  expect(after(15_000)).toEqual(['mesh']);
  expect(after(3_000)).toContain('controller');
});

test('what the Service of a backend loses once its split is gone is charged to the mesh after maxLag, to whoever removed it before', () => {
  const after = (waitMs: number) =>
    chargesOf(midCanary, (scene, stage) => {
      stage.sandbox.faults.hold('routes');
      scene.remove(splits, 'web');
      stage.pass(waitMs);
      scene.remove(resources.services, nameOf(canary));
    });
  expect(after(15_000)).not.toContain('controller');
  expect(after(3_000)).toEqual(['controller']);
});

test('a Service or pods that somebody’s split names when they have long been gone are charged to them', () => {
  const named = (remove: (scene: Scene) => void) =>
    chargesOf(
      midCanary,
      (scene, stage) => {
        scene.remove(splits, 'web');
        stage.pass(12_000);
        remove(scene);
        stage.pass(12_000);
        const spec = { service: 'web', backends: [{ service: nameOf(canary), weight: 100 }] };
        must(stage.people.create(splits, { apiVersion: 'split.smi-spec.io/v1alpha4', kind: 'TrafficSplit', metadata: ref('web'), spec }));
      },
      { isAdapted: true },
    );
  expect(named((scene) => scene.remove(resources.services, nameOf(canary)))).toEqual(['others']);
  expect(named((scene) => scene.scale(canary, 0))).toEqual(['others']);
});

test('pods of a revision behind the root Service, where others have been beside them for maxLag, end like any others; their own place is charged', () => {
  const beside = (waitMs: number) =>
    chargesOf(begun, (scene, stage) => {
      scene.remove(splits, 'web');
      stage.pass(15_000);
      scene.scale(canary, 0);
      stage.pass(15_000);
      scene.scale(canary, 1);
      stage.pass(waitMs);
      stage.sandbox.faults.hold('endpoints');
      scene.scale(stable, 0);
    });
  expect(beside(20_000)).toEqual(['mesh']);
  expect(beside(1_000)).toContain('controller');
});

test('a Rollout with a template of its own takes with it what serves, and whoever deletes it knows; one with a workload leaves that', () => {
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:a' }] } };
  const charges = (spec: object) =>
    chargesOf(
      (stage) => atRest(stage, { spec: { ...spec } }),
      (scene, { people }) => {
        people.delete(rolloutResource, ref('web'));
        scene.remove(resources.services, nameOf(stable));
      },
      { isAdapted: true },
    );
  expect(charges({ workloadRef: undefined, template })).toEqual(['others']);
  expect(charges({})).toEqual(['controller']);
});

test('the last pods behind the root Service, taken once its split is gone, are charged to whoever took them', () => {
  const charges = chargesOf(begun, (scene, stage) => {
    scene.remove(splits, 'web');
    stage.pass(15_000);
    for (const revision of [canary, stable]) scene.scale(revision, 0);
  });
  expect(charges).toEqual(['controller']);
});

test('traffic to a canary that was never ready is charged to the controller that sent it, whatever else is there', () => {
  const charges = chargesOf(begun, (scene) => {
    scene.revision('cccccccccc', 0);
    scene.split({ cccccccccc: 50, [stable]: 50 });
    confirm(scene, 50);
  });
  expect(charges).toEqual(['controller']);
});

const give = ({ people }: Stage, revision: string, weight: number) =>
  must(
    people.patch(splits, ref('web'), {
      spec: {
        backends: [
          { service: nameOf(revision), weight },
          { service: nameOf(stable), weight: 100 - weight },
        ],
      },
    }),
  );

test('a share that somebody gives to a canary whose pods have gone is charged to them; to us, where the pods went afterwards', () => {
  const charges = (isFirst: boolean) =>
    chargesOf(midCanary, (scene, stage) => {
      abort(scene);
      scene.split({ [canary]: 0, [stable]: 100 });
      stage.pass(15_000);
      if (isFirst) scene.scale(canary, 0);
      stage.pass(5_000);
      give(stage, canary, 50);
      stage.pass(3_000);
      if (!isFirst) scene.scale(canary, 0);
    });
  expect(charges(true)).toEqual(['others']);
  expect(charges(false)).toEqual(['controller']);
});

test('pods behind an unpinned root Service are charged to whoever took them, unless the data plane has had the time to know others there', () => {
  const charges = (waitMs: number) =>
    chargesOf(begun, (scene, stage) => {
      scene.remove(splits, 'web');
      stage.pass(15_000);
      must(stage.people.patch(resources.deployments, ref('web'), { spec: { replicas: 2 } }));
      stage.pass(waitMs);
      stage.sandbox.faults.hold('endpoints');
      for (const revision of [canary, stable]) scene.scale(revision, 0);
    });
  // What the workload's own pods refuse is another matter.
  expect(charges(15_000).filter((to) => to !== 'pods')).toEqual(['mesh']);
  expect(charges(6_000)).toContain('controller');
});

test('a root Service that is pinned to new pods once others have gone is charged to nobody while those beside them serve; to us where it is pinned to none, or they go too', () => {
  const charges = ({ pinned, isLeft }: { readonly pinned: number; readonly isLeft: boolean }) =>
    chargesOf(begun, (scene, stage) => {
      const own = (replicas: number) => scene.change(resources.deployments, 'web', { spec: { replicas } });
      scene.remove(splits, 'web');
      stage.pass(15_000);
      own(2);
      stage.pass(15_000);
      stage.sandbox.faults.hold('endpoints');
      scene.revision('cccccccccc', pinned);
      stage.pass(2_000);
      for (const revision of [canary, stable]) scene.scale(revision, 0);
      scene.change(resources.services, 'web', { spec: { selector: { 'sluice.dev/revision': 'cccccccccc' } } });
      if (!isLeft) own(0);
    }).filter((to) => to !== 'pods');
  expect(charges({ pinned: 2, isLeft: true })).toEqual(['mesh']);
  expect(charges({ pinned: 0, isLeft: true })).toContain('controller');
  expect(charges({ pinned: 2, isLeft: false })).toContain('controller');
});

test('a data plane that has not heard of the new pods of a backend is charged itself once it could have, and before that whoever sent to them', () => {
  const charges = (waitMs: number) =>
    chargesOf(begun, (scene, stage) => {
      stage.sandbox.faults.hold('endpoints');
      scene.scale(canary, 0);
      stage.pass(1_000);
      scene.scale(canary, 1);
      stage.pass(waitMs);
      scene.split({ [canary]: 20, [stable]: 80 });
    });
  expect(charges(15_000)).toEqual(['mesh']);
  expect(charges(4_000)).toContain('controller');
});

test('a Service that is made again is charged to whoever deleted it', () => {
  const charges = (isOurs: boolean) =>
    chargesOf(midCanary, (scene, stage) => {
      const service = stage.people.get(resources.services, ref(nameOf(stable)));
      if (isOurs) scene.remove(resources.services, nameOf(stable));
      else stage.people.delete(resources.services, ref(nameOf(stable)));
      stage.sandbox.faults.meshLag({ routesMs: [50, 500], endpointsMs: [4_000, 4_000] });
      stage.pass(6_000);
      const { labels, ownerReferences } = service?.metadata ?? {};
      const metadata = { ...ref(nameOf(stable)), labels, ownerReferences };
      const spec = { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 8080 }] };
      must(stage.controller.create(resources.services, { apiVersion: 'v1', kind: 'Service', metadata, spec }));
    });
  expect(charges(false)).toEqual(['others']);
  expect(charges(true)).toContain('controller');
});

test('a data plane that never hears of endpoints is charged itself where they have been there for maxLag, whatever became of them since', () => {
  const charges = (readyMs: number) =>
    chargesOf(begun, (scene, stage) => {
      stage.sandbox.faults.hold('endpoints');
      scene.revision('cccccccccc', 1);
      stage.pass(3_000 + readyMs);
      for (const pod of podsOf(stage, 'cccccccccc')) stage.sandbox.faults.crash(pod);
      stage.pass(200);
      scene.split({ cccccccccc: 50, [stable]: 50 });
      confirm(scene, 50);
    });
  expect(charges(15_000)).toEqual(['mesh']);
  expect(charges(2_000)).toContain('controller');
});

/** Who is charged with a request to a backend whose Service a controller took for two seconds, so long after it is there again. */
function chargedAgain(afterMs: number): Charge['to'] {
  const stage = stageFor(noneLostByUs);
  const scene = midCanary(stage);
  const { labels, ownerReferences } = stage.people.get(resources.services, ref(nameOf(stable)))?.metadata ?? {};
  const version = stage.people.get(splits, ref('web'))?.metadata.resourceVersion;
  scene.remove(resources.services, nameOf(stable));
  stage.pass(2_000);
  const metadata = { ...ref(nameOf(stable)), labels, ownerReferences };
  const spec = { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 8080 }] };
  must(stage.controller.create(resources.services, { apiVersion: 'v1', kind: 'Service', metadata, spec }));
  stage.pass(afterMs);
  const nowMs = stage.run.sim.clock.nowMs();
  return chargeOf(stage.run, witnessOf(stage.run), {
    ...{ fromMs: nowMs, toMs: nowMs, count: 1, split: 'web', namespace: 'shop', rootService: 'web', backendService: nameOf(stable) },
    ...{ loss: { kind: 'no-backend' }, splitVersion: version },
  }).to;
}

test('a data plane that does not hear that a Service is there again is charged itself from maxLag on, and before that whoever took it', () => {
  expect(chargedAgain(9_000)).toBe('controller');
  expect(chargedAgain(11_000)).toBe('mesh');
});

test('pods that were taken after maxLag by the clock of whoever took them, which is fast, are not its charge', () => {
  const charges = (rate: number) =>
    chargesOf(midCanary, (scene, stage) => {
      stage.leader.drift(rate);
      stage.sandbox.faults.hold('routes');
      abort(scene);
      scene.split({ [canary]: 0, [stable]: 100 });
      stage.pass(9_600);
      scene.scale(canary, 0);
    });
  expect(charges(1.05)).not.toContain('controller');
  expect(charges(1)).toContain('controller');
});
