import { resources } from '../../../src/sandbox/objects/index.ts';
import type { Run, Workload } from '../play/run.ts';
import { rollouts } from '../play/settled.ts';
import { apply, deploymentObject, serviceObject, subject } from './kit.ts';
import { onceAt, onceIn, release, rolloutOfStory, type Story, tell } from './story.ts';

/** What else is going on: a GitOps tool, a neighbour, a new version of the controller itself. */

type Applied = { readonly metadata: { readonly name: string; readonly namespace: string } };

const gitops: Story = {
  ...{ name: 'gitops', isUnpinned: true, text: 'a GitOps tool applies the manifests, with force, every five seconds' },
  ending: { phases: ['Healthy'], image: 'web:2' },
};

/** What is in Git at the moment; the count is the autoscaler’s business. */
function reapplied(): Workload {
  const told = tell(gitops);
  return {
    ...told,
    act(run) {
      let stop = keep(run, 'web:1');
      told.act(run);
      onceIn(run, 'Healthy', () => {
        stop();
        stop = keep(run, 'web:2');
        run.onHeal(() => stop());
      });
    },
  };
}

function keep(run: Run, image: string): () => void {
  const objects = [
    [resources.deployments, deploymentObject({ image })],
    [resources.services, serviceObject],
    [rollouts, rolloutOfStory(gitops, { replicas: undefined })],
  ] as const;
  const stops = objects.map(([resource, object]) => run.sandbox.faults.keepApplied(resource, object as Applied, 5_000));
  return () => {
    for (const stop of stops) stop();
  };
}

/** Another app of the namespace: its Service, its Rollout, its clients. */
const named = (object: object, name: string) =>
  JSON.parse(JSON.stringify(object).replaceAll('"web"', JSON.stringify(name))) as Applied & Readonly<Record<string, unknown>>;

function besides(): Workload {
  const story: Story = {
    ...{ name: 'neighbours', isUnpinned: true, text: 'two Rollouts of one namespace: one is promoted, the other rolled back' },
    ending: { phases: ['Healthy'], image: 'web:2' },
  };
  const told = tell(story);
  return {
    ...told,
    prepare(run) {
      told.prepare(run);
      for (const object of [deploymentObject({ image: 'api:1', replicas: 2 }), serviceObject]) apply(run, named(object, 'api'));
    },
    act(run) {
      told.act(run);
      run.sandbox.send({
        ...{ name: 'curl-api', namespace: subject.namespace, target: { namespace: subject.namespace, service: 'api', port: 80 } },
        ...{ rate: { kind: 'constant', perSecond: 20 }, arrivals: 'even', proxies: 1 },
      });
      apply(run, named(rolloutOfStory(story), 'api'));
      onceIn(run, 'Healthy', () => {
        release(run, { image: 'web:2' });
        apply(run, named(deploymentObject({ image: 'api:2', errorRate: 0.4 }), 'api'));
      });
    },
  };
}

/** As `kubectl rollout restart` does it with the controller: one pod after the other gets SIGTERM, and comes again. */
const restarting = tell({
  ...{ name: 'controller-update', text: 'the controller itself is updated in mid-run, pod by pod' },
  act(run) {
    release(run, { image: 'web:2' });
    onceAt(run, 20, () => {
      ['sluice-a', 'sluice-b'].forEach((name, index) => {
        run.at(run.elapsedMs() + 1 + 12_000 * index, () => {
          run
            .replicas()
            .find((replica) => replica.name === name)
            ?.stop();
          run.start(name, 6_000);
        });
      });
    });
  },
  ending: { phases: ['Healthy'], image: 'web:2' },
});

/** The API server takes it, and we cannot read it: a time zone that there is not. */
const poisoned = tell({
  ...{ name: 'poisoned', text: 'beside a Rollout that cannot be read another one is released', analysis: null, steps: [{ setWeight: 50 }] },
  act(run) {
    const windows = [{ kind: 'Deny', schedule: '0 0 1 1 *', duration: '1h', timeZone: 'Mars/Phobos' }];
    apply(run, named(rolloutOfStory(gitops, { windows }), 'poison'));
    release(run, { image: 'web:2' });
  },
  ending: { phases: ['Healthy'], image: 'web:2' },
});

export const others: readonly Workload[] = [reapplied(), besides(), restarting, poisoned];
