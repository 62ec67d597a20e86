import { expect, test } from 'vitest';
import { at, listAt, textAt } from '../api-server/kit.ts';
import { type Cluster, conditionOf, templateOf } from './kit.ts';

const withImage = (image: string) => ({ spec: { template: templateOf({ image }) } });
const sizesOf = async (cluster: Cluster) =>
  Object.fromEntries(Object.entries(await cluster.replicaSets()).map(([image, set]) => [image, at(set, 'spec.replicas')]));

export function deploymentsContract(open: (what: string) => Promise<Cluster>): void {
  test('a Deployment has a ReplicaSet that says whose it is, of which revision, and for how many', async () => {
    const cluster = await open('made');
    await cluster.deploy({ replicas: 2 });
    const deployment = await cluster.rolledOut();
    const [set, ...more] = await cluster.list('replicasets');
    expect(more).toEqual([]);
    const hash = textAt(set, 'metadata.labels.pod-template-hash');
    expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{6,10}$/);
    expect(set?.metadata).toMatchObject({
      name: `web-${hash}`,
      labels: { app: 'web', 'pod-template-hash': hash },
      annotations: {
        team: 'blue',
        'deployment.kubernetes.io/revision': '1',
        'deployment.kubernetes.io/desired-replicas': '2',
        'deployment.kubernetes.io/max-replicas': '3',
      },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          name: 'web',
          uid: at(deployment, 'metadata.uid'),
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    });
    expect(at(set, 'spec.selector.matchLabels')).toEqual({ app: 'web', 'pod-template-hash': hash });
    expect(at(set, 'spec.template.metadata.labels')).toEqual({ app: 'web', 'pod-template-hash': hash });
    expect(set?.status).toMatchObject({
      replicas: 2,
      fullyLabeledReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      observedGeneration: 1,
    });
  });

  // The controller writes the annotation with the status: other annotations would begin a new generation.
  test('a Deployment says its revision, and that begins no new generation', async () => {
    const cluster = await open('revision');
    await cluster.deploy({ replicas: 1 });
    const { metadata } = await cluster.rolledOut();
    expect(metadata).toMatchObject({ generation: 1, annotations: { team: 'blue', 'deployment.kubernetes.io/revision': '1' } });
  });

  test('and says of itself that it is available, and through', async () => {
    const cluster = await open('conditions');
    await cluster.deploy({ replicas: 1 });
    const deployment = await cluster.rolledOut();
    const set = (await cluster.list('replicasets')).map((each) => textAt(each, 'metadata.name'))[0];
    expect(conditionOf(deployment, 'Available')).toMatchObject({
      ...{ status: 'True', reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' },
    });
    expect(conditionOf(deployment, 'Progressing')).toMatchObject({
      ...{ status: 'True', reason: 'NewReplicaSetAvailable', message: `ReplicaSet "${set}" has successfully progressed.` },
    });
    expect(listAt(deployment, 'status.conditions')).toHaveLength(2);
    expect(at(deployment, 'status.unavailableReplicas')).toBeUndefined();
  });

  test('a new template is a new ReplicaSet of the next revision; the old one stays, empty; an old template takes its own up again', async () => {
    const cluster = await open('revisions');
    await cluster.deploy({ replicas: 2 });
    await cluster.rolledOut();
    await cluster.patch('deployments', 'web', withImage('example/app:2'));
    await cluster.rolledOut();
    await cluster.until('the old one to be empty', async () => (await sizesOf(cluster))['example/app:1'] === 0);
    await cluster.patch('deployments', 'web', withImage('example/app:1'));
    const deployment = await cluster.rolledOut();
    await cluster.until('the other one to be empty', async () => (await sizesOf(cluster))['example/app:2'] === 0);
    const sets = await cluster.replicaSets();
    const revision = (image: string) => at(sets[image], 'metadata.annotations') as Readonly<Record<string, string>>;
    const said = ['example/app:1', 'example/app:2'].map((image) => revision(image)['deployment.kubernetes.io/revision']);
    expect(said).toEqual(['3', '2']);
    expect(at(deployment, 'metadata.generation')).toBe(3);
  });

  test('a rollout that is stuck goes as far as its bounds allow, and is scaled in proportion', async () => {
    const cluster = await open('stuck');
    await cluster.deploy({ replicas: 10, spec: { strategy: { rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } } });
    await cluster.rolledOut();
    await cluster.patch('deployments', 'web', {
      spec: { template: templateOf({ image: 'example/app:2', behaviour: { 'never-ready': 'true' } }) },
    });
    await cluster.until('the rollout to stop', async () => (await sizesOf(cluster))['example/app:2'] === 5);
    expect(await sizesOf(cluster)).toEqual({ 'example/app:1': 8, 'example/app:2': 5 });
    await cluster.patch('deployments', 'web', { spec: { replicas: 15 } });
    await cluster.until('both sides to grow', async () => (await sizesOf(cluster))['example/app:2'] !== 5);
    expect(await sizesOf(cluster)).toEqual({ 'example/app:1': 11, 'example/app:2': 7 });
  });

  test('a rollout that does not get on in time says so, and goes on when it can', async () => {
    const cluster = await open('deadline');
    await cluster.deploy({ replicas: 1, spec: { progressDeadlineSeconds: 3 }, behaviour: { 'never-ready': 'true' } });
    await cluster.until('the deadline', async () => (await cluster.condition('Progressing'))?.status === 'False');
    const [pod] = await cluster.list('pods');
    const set = textAt((await cluster.list('replicasets'))[0], 'metadata.name');
    expect(await cluster.condition('Progressing')).toMatchObject({
      reason: 'ProgressDeadlineExceeded',
      message: `ReplicaSet "${set}" has timed out progressing.`,
    });
    expect(await cluster.condition('Available')).toMatchObject({ status: 'False', reason: 'MinimumReplicasUnavailable' });
    await cluster.behave(textAt(pod, 'metadata.name'), { 'never-ready': null });
    await cluster.rolledOut();
    expect(await cluster.condition('Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
  });

  test('while it is paused its template may change, and only its count counts', async () => {
    const cluster = await open('paused');
    await cluster.deploy({ replicas: 1 });
    await cluster.rolledOut();
    await cluster.patch('deployments', 'web', { spec: { paused: true, replicas: 2, template: templateOf({ image: 'example/app:2' }) } });
    await cluster.until('two pods', async () => at(await cluster.deployment(), 'status.readyReplicas') === 2);
    expect(await sizesOf(cluster)).toEqual({ 'example/app:1': 2 });
    expect(await cluster.condition('Progressing')).toMatchObject({
      status: 'Unknown',
      reason: 'DeploymentPaused',
      message: 'Deployment is paused',
    });
    await cluster.patch('deployments', 'web', { spec: { paused: false } });
    await cluster.rolledOut();
    expect(await cluster.condition('Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
  });

  test('Recreate ends everything old before anything new begins', async () => {
    const cluster = await open('recreate');
    await cluster.deploy({ replicas: 2, spec: { strategy: { type: 'Recreate' } } });
    await cluster.rolledOut();
    await cluster.patch('deployments', 'web', withImage('example/app:2'));
    let mixed = 0;
    await cluster.until('the new pods', async () => {
      const images = new Set((await cluster.list('pods')).map((pod) => textAt(pod, 'spec.containers.0.image')));
      if (images.size > 1) mixed += 1;
      return images.has('example/app:2') && at(await cluster.deployment(), 'status.readyReplicas') === 2;
    });
    expect(mixed).toBe(0);
  });

  test('no more old ReplicaSets stay than it asks for', async () => {
    const cluster = await open('history');
    await cluster.deploy({ replicas: 1, spec: { revisionHistoryLimit: 0 } });
    await cluster.rolledOut();
    await cluster.patch('deployments', 'web', withImage('example/app:2'));
    await cluster.rolledOut();
    await cluster.until('the old one to go', async () => (await cluster.list('replicasets')).length === 1);
    expect(Object.keys(await cluster.replicaSets())).toEqual(['example/app:2']);
  });

  test('its annotations are its ReplicaSet’s, and change its generation; labels do not', async () => {
    const cluster = await open('annotations');
    await cluster.deploy({ replicas: 1 });
    await cluster.rolledOut();
    await cluster.patch('deployments', 'web', { metadata: { labels: { some: 'label' } } });
    expect(at(await cluster.deployment(), 'metadata.generation')).toBe(1);
    await cluster.patch('deployments', 'web', { metadata: { annotations: { team: 'green' } } });
    expect(at(await cluster.deployment(), 'metadata.generation')).toBe(2);
    await cluster.until(
      'the ReplicaSet to hear of it',
      async () => textAt((await cluster.list('replicasets'))[0], 'metadata.annotations.team') === 'green',
    );
    await cluster.rolledOut();
  });

  test('an orphan with its labels is adopted', async () => {
    const cluster = await open('adoption');
    await cluster.deploy({ replicas: 1 });
    await cluster.rolledOut();
    const [before] = await cluster.list('pods');
    await cluster.ask.delete(cluster.path('deployments', 'web'), { propagationPolicy: 'Orphan' });
    await cluster.until(
      'the ReplicaSet to be nobody’s',
      async () => at((await cluster.list('replicasets'))[0], 'metadata.ownerReferences') === undefined,
    );
    await cluster.until(
      'the Deployment to be gone',
      async () => (await cluster.ask.get(cluster.path('deployments', 'web'))).status === 404,
    );
    await cluster.deploy({ replicas: 1 });
    await cluster.rolledOut();
    const [set, ...more] = await cluster.list('replicasets');
    expect([more, textAt(set, 'metadata.ownerReferences.0.kind')]).toEqual([[], 'Deployment']);
    expect((await cluster.list('pods')).map((pod) => textAt(pod, 'metadata.uid'))).toEqual([textAt(before, 'metadata.uid')]);
  });

  test('a quota keeps pods from being made, and is told from the pods up', async () => {
    const cluster = await open('quota');
    await cluster.under.quota(cluster.ask.namespace, 1);
    await cluster.deploy({ replicas: 2 });
    await cluster.until('the failure to be told', async () => (await cluster.condition('ReplicaFailure')) !== undefined);
    expect(await cluster.list('pods')).toHaveLength(1);
    const failure = await cluster.condition('ReplicaFailure');
    expect(failure).toMatchObject({ status: 'True', reason: 'FailedCreate' });
    expect(textAt(failure, 'message')).toMatch(
      /^pods "web-[a-z0-9]+-[a-z0-9]+" is forbidden: exceeded quota: pods, requested: pods=1, used: pods=1, limited: pods=1$/,
    );
  });
}
