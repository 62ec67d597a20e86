import type { Ending, Run, Workload } from '../play/run.ts';
import { rollouts } from '../play/settled.ts';
import { apply, clients, deploymentObject, namespaceObject, rolloutObject, subject } from './kit.ts';
import { isPromoted, onceAt, onceIn, release, rolloutRef, tell } from './story.ts';

/** The beginning and the end of a Rollout, under load. */

const remove = (run: Run) => void run.sandbox.client.delete(rollouts, rolloutRef);

const template = (image: string) => (deploymentObject({ image }) as { readonly spec: { readonly template: unknown } }).spec.template;

/** Without a workload, and with a Service that we make. */
const inline = (image: string) => {
  const { spec, ...rest } = rolloutObject(
    { steps: [{ setWeight: 50 }], scaleDownDelay: '15s' },
    { replicas: 2, service: { name: 'web', ports: [{ name: 'http', port: 80, targetPort: 8080 }] } },
  ) as { readonly spec: Readonly<Record<string, unknown>> };
  const { workloadRef: _, ...others } = spec;
  return { ...rest, spec: { ...others, template: template(image) } };
};

const firstApply: Workload = {
  ...{ name: 'template', text: 'a first apply with the template in the Rollout and a Service of our making, and a second version' },
  ...{ subject, replicas: ['sluice-a', 'sluice-b'], lengthMs: 120_000 },
  sandbox: { mesh: { mode: 'linkerd' }, metrics: { dialects: ['linkerd'], scrapeMs: 5_000 } },
  prepare: (run) => apply(run, namespaceObject),
  act(run) {
    apply(run, inline('web:1'));
    onceIn(run, 'Healthy', () => {
      clients(run);
      apply(run, inline('web:2'));
    });
  },
  ending: () => ({ phases: ['Healthy'], image: 'web:2' }),
};

/** A GitOps tool that applies the Rollout makes it again. */
const gone = (struck: ReadonlySet<string>, image: string): Ending => ({
  ...{ isGone: true, image },
  phases: struck.has('gitops-spec') ? ['Healthy'] : [],
});

const slow = (ms: number) => ({ image: 'web:1', replicas: 2, behaviour: { 'start-delay-ms': String(ms) } });

export const lifecycle: readonly Workload[] = [
  tell({
    ...{ name: 'adoption', text: 'a live Deployment of three slow pods is taken over under load', analysis: null },
    ...{ app: { image: 'web:1', replicas: 3, behaviour: { 'start-delay-ms': '3000' } }, spec: { replicas: undefined } },
    ending: { phases: ['Healthy'], image: 'web:1' },
  }),
  tell({
    ...{
      name: 'adoption-unpinned',
      text: 'a live Deployment is taken over whose Service a GitOps tool owns',
      analysis: null,
      isUnpinned: true,
    },
    ending: { phases: ['Healthy'], image: 'web:1' },
  }),
  tell({
    ...{ name: 'adoption-slow', text: 'a live Deployment is taken over whose pods take longer to start than the data plane lags' },
    ...{ analysis: null, isUnpinned: true, app: slow(13_000), beginsMs: 8_000 },
    ending: { phases: ['Healthy'], image: 'web:1' },
  }),
  firstApply,
  tell({
    ...{ name: 'deletion', text: 'the Rollout is deleted in mid-run: the workload serves what was stable' },
    act(run) {
      release(run, { image: 'web:2' });
      onceAt(run, 60, () => remove(run));
    },
    ending: (struck) => gone(struck, 'web:1'),
  }),
  tell({
    ...{
      name: 'deletion-at-rest',
      isUnpinned: true,
      text: 'the Rollout is deleted once its second version is stable',
      analysis: null,
      steps: [{ setWeight: 50 }],
    },
    act(run) {
      release(run, { image: 'web:2' });
      run.when(
        () => run.commits.some(({ object }) => isPromoted(object)),
        () => remove(run),
      );
    },
    ending: (struck) => gone(struck, 'web:2'),
  }),
  tell({
    ...{
      name: 'deletion-slow',
      text: 'the Rollout is deleted, and the workload’s pods take longer to start than the data plane lags twice',
    },
    ...{ analysis: null, app: slow(23_000), beginsMs: 18_000, lengthMs: 170_000 },
    act: remove,
    ending: (struck) => gone(struck, 'web:1'),
  }),
];
