import { apply, deploymentObject, subject } from './kit.ts';
import { canaryName, canaryPods, eachTimeIn, isPromoted, later, onceAt, onceIn, patchRollout, release, tell } from './story.ts';

/** People change their mind in mid-run. */

const configMap = (color: string) => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'colors', namespace: subject.namespace } },
  data: { COLOR: color },
});

/** The app reads a ConfigMap. */
const configured = () => {
  const deployment = deploymentObject({ image: 'web:1', replicas: 2 }) as {
    readonly spec: { readonly template: { readonly spec: { readonly containers: readonly object[] } } };
  };
  const { template } = deployment.spec;
  const containers = template.spec.containers.map((container) => ({ ...container, envFrom: [{ configMapRef: { name: 'colors' } }] }));
  return { ...deployment, spec: { ...deployment.spec, template: { ...template, spec: { containers } } } };
};

export const churn = [
  tell({
    ...{
      name: 'overtaken',
      text: 'another version in mid-run, at 60 %: the old canary goes to 0, and the new one begins at the first step',
    },
    act(run) {
      release(run, { image: 'web:2' });
      onceAt(run, 60, () => release(run, { image: 'web:3' }));
    },
    ending: { phases: ['Healthy'], image: 'web:3' },
  }),
  tell({
    ...{ name: 'reverted', isUnpinned: true, text: 'back to the version that is stable, in mid-run' },
    act(run) {
      release(run, { image: 'web:2' });
      onceAt(run, 60, () => release(run, { image: 'web:1' }));
    },
    ending: { phases: ['Healthy'], image: 'web:1' },
  }),
  tell({
    ...{ name: 'mended', text: 'a bad version is rolled back, and a mended one is released', lengthMs: 180_000 },
    analysis: { templates: [{ name: 'checks' }], evidence: 'Running' },
    spec: { revisionHistoryLimit: 0 },
    steps: [{ setWeight: 40 }, { pause: { duration: '40s' } }],
    act(run) {
      release(run, { image: 'web:2', errorRate: 0.5 });
      onceIn(run, 'RolledBack', () => later(run, 10_000, () => release(run, { image: 'web:3' })));
    },
    ending: { phases: ['Healthy'], image: 'web:3' },
  }),
  tell({
    ...{ name: 'config', isUnpinned: true, text: 'a ConfigMap that changes is a new revision with a copy of its own' },
    ...{ analysis: null, objects: [configMap('blue')], deployment: configured() },
    act: (run) => apply(run, configMap('green')),
    ending: { phases: ['Healthy'], image: 'web:1' },
  }),
  tell({
    ...{ name: 'paused', text: 'spec.paused in mid-run holds every raise until it is taken back' },
    ...{ analysis: null, steps: [{ setWeight: 20 }, { pause: { duration: '10s' } }, { setWeight: 60 }, { pause: { duration: '5s' } }] },
    act(run) {
      release(run, { image: 'web:2' });
      // Taken back after it was done, whoever else may have paused it before.
      onceAt(run, 20, () => {
        patchRollout(run, { paused: true });
        onceIn(run, 'Paused', () => later(run, 20_000, () => patchRollout(run, { paused: false })));
      });
    },
    ending: { phases: ['Healthy'], image: 'web:2' },
  }),
  {
    ...tell({
      ...{ name: 'held', text: 'an open pause waits for a person, for as long as it takes' },
      ...{ analysis: null, steps: [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }], spec: { progressDeadline: '30s' } },
      act: (run) => release(run, { image: 'web:2' }),
      ending: { phases: ['Paused'] },
    }),
    // Whoever takes the pause out of the steps, if only for a while, waits for nobody.
    ending: (struck: ReadonlySet<string>) => ({ phases: struck.has('steps-edited') ? ['Paused', 'Healthy'] : ['Paused'] }),
  },
  tell({
    ...{
      name: 'held-back',
      text: 'paused before the canary’s first traffic, and let go while its pods still start: traffic waits for them',
    },
    ...{ analysis: null, steps: [{ setWeight: 50 }], spec: { paused: true }, lengthMs: 150_000 },
    act(run) {
      release(run, { image: 'web:2', behaviour: { 'start-delay-ms': '30000' } });
      onceIn(run, 'Paused', () => later(run, 5_000, () => patchRollout(run, { paused: false })));
    },
    ending: { phases: ['Healthy'], image: 'web:2' },
  }),
  tell({
    ...{ name: 'held-bad', text: 'a version turns bad while an open pause waits for a person: rolled back all the same' },
    steps: [{ setWeight: 50 }, { pause: {} }],
    act(run) {
      release(run, { image: 'web:2' });
      // The version stays bad: in another try, too, after somebody took it back in between.
      eachTimeIn(run, 'Paused', () =>
        later(run, 10_000, () => {
          for (const name of canaryPods(run)) run.sandbox.faults.behave({ namespace: subject.namespace, name }, { 'error-rate': '0.5' });
        }),
      );
    },
    ending: { phases: ['RolledBack'], image: 'web:1' },
  }),
  tell({
    ...{
      name: 'one-after-another',
      text: 'a third version right after a promotion, and taken back: the first one stays warm for its time',
    },
    ...{ analysis: null, steps: [{ setWeight: 50 }], canary: { scaleDownDelay: '28s' } },
    act(run) {
      release(run, { image: 'web:2' });
      run.when(
        () => run.commits.some(({ object }) => isPromoted(object)),
        () => {
          release(run, { image: 'web:3' });
          // One that nobody led to see, or to begin, would be none.
          run.when(
            () => run.sandbox.server.store.get('apps/deployments', `${subject.namespace}/${canaryName(run)}`) !== undefined,
            () => later(run, 6_000, () => release(run, { image: 'web:2' })),
          );
        },
      );
    },
    ending: { phases: ['Healthy'], image: 'web:2' },
  }),
];
