import type { Run } from '../play/run.ts';
import { apply, subject } from './kit.ts';
import { isRolledBack, onceAt, release, tell } from './story.ts';

/** Counts of pods: autoscalers, and steps that say how many. */

const autoscaler = (minReplicas: number) => ({
  ...{ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'web', namespace: subject.namespace } },
  spec: {
    scaleTargetRef: { apiVersion: 'sluice.dev/v1alpha1', kind: 'Rollout', name: 'web' },
    ...{ minReplicas, maxReplicas: 6 },
    behavior: { scaleDown: { stabilizationWindowSeconds: 0 } },
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }],
  },
});
const autoscale = (run: Run, minReplicas: number) => apply(run, autoscaler(minReplicas));

/** So little that the autoscaler wants the least it may have. */
const idle = { 'cpu-per-request': '1' };

export const scale = [
  tell({
    ...{ name: 'autoscaled', text: 'an autoscaler goes up and down in mid-run: stable never shrinks under a canary', analysis: null },
    app: { image: 'web:1', replicas: 2, behaviour: idle },
    steps: [{ setWeight: 25 }, { pause: { duration: '20s' } }, { setWeight: 50 }, { pause: { duration: '20s' } }],
    act(run) {
      autoscale(run, 2);
      release(run, { image: 'web:2', behaviour: idle });
      onceAt(run, 25, () => autoscale(run, 4));
      onceAt(run, 50, () => autoscale(run, 2));
    },
    ending: { phases: ['Healthy'], image: 'web:2' },
  }),
  tell({
    ...{ name: 'autoscaled-back', text: 'an autoscaler goes up after a rollback: the bad version stays away, its Service selects nothing' },
    app: { image: 'web:1', replicas: 2, behaviour: idle },
    act(run) {
      autoscale(run, 2);
      release(run, { image: 'web:2', errorRate: 0.5, behaviour: idle });
      run.when(
        () => run.commits.some(({ object }) => isRolledBack(object)),
        () => autoscale(run, 3),
      );
    },
    ending: { phases: ['RolledBack'], image: 'web:1' },
  }),
  tell({
    ...{
      name: 'canary-scale',
      isUnpinned: true,
      text: 'steps that say how many pods the canary has, before and after its weight',
      analysis: null,
    },
    steps: [
      { setCanaryScale: { replicas: 1 } },
      { setWeight: 40 },
      { setCanaryScale: { weight: 100 } },
      { pause: { duration: '5s' } },
      { setCanaryScale: { matchTrafficWeight: true } },
      { setWeight: 80 },
    ],
    act: (run) => release(run, { image: 'web:2' }),
    ending: { phases: ['Healthy'], image: 'web:2' },
  }),
];
