import type { Run, Workload } from '../play/run.ts';
import { rolloutOf } from '../play/settled.ts';
import { apply, checksObject, clients, create, deploymentObject, namespaceObject, rolloutObject, serviceObject, subject } from './kit.ts';

const steps = [{ setWeight: 20 }, { pause: { duration: '20s' } }, { setWeight: 60 }, { pause: { duration: '20s' } }];

/** The app as it was before Sluice, and the Rollout; a second version once the first has been adopted. */
const release = (name: string, text: string, errorRate: number): Workload => ({
  ...{ name, text, subject, replicas: ['sluice-a', 'sluice-b'], lengthMs: 135_000 },
  sandbox: { mesh: { mode: 'linkerd' }, metrics: { dialects: ['linkerd'], scrapeMs: 5_000 } },
  prepare(run) {
    for (const object of [namespaceObject, deploymentObject({ image: 'web:1', replicas: 3 }), checksObject]) apply(run, object);
    create(run, serviceObject);
  },
  act(run) {
    clients(run);
    apply(run, rolloutObject({ steps, analysis: { templates: [{ name: 'checks' }] }, scaleDownDelay: '20s', abortScaleDownDelay: '10s' }));
    run.when(
      () => phaseOf(run) === 'Healthy',
      () => apply(run, deploymentObject({ image: 'web:2', errorRate })),
    );
  },
  ending: () => (errorRate === 0 ? { phases: ['Healthy'], image: 'web:2' } : { phases: ['RolledBack'], image: 'web:1' }),
});

const phaseOf = (run: Run): string | undefined => rolloutOf(run)?.status?.phase;

export const releases: readonly Workload[] = [
  release('promotion', 'a good version is released by steps and promoted', 0),
  release('rollback', 'a version that fails three requests of ten is rolled back', 0.3),
];
