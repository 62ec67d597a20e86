import { resources } from '../../../src/sandbox/objects/index.ts';
import type { Run } from '../play/run.ts';
import { subject } from './kit.ts';
import { hadLateProxies, watchProxies } from './served.ts';
import { canaryName, canaryPods, later, onceAt, onceIn, release, tell } from './story.ts';

/** All pods of the bad version crash when they have answered so many requests since they started, all of them together: however many there are. */
const crashing = { afterRequests: 40, backOffMs: 8_000 };

function crashByTraffic(run: Run): void {
  const { sandbox, sim } = run;
  function check(): void {
    sandbox.settle();
    const bad = [...sandbox.network.servers()].filter(({ behaviour }) => behaviour.crashBackOffMs === crashing.backOffMs);
    if (bad.reduce((sum, { answered }) => sum + answered, 0) < crashing.afterRequests) return;
    for (const { namespace, pod } of bad) sandbox.faults.crash({ namespace, name: pod });
  }
  // As often as leases are renewed, and after the write is done.
  sandbox.server.store.onCommit(({ object }) => {
    if (object.kind === 'Lease') sim.clock.after(0, check);
  });
}

/** Pods that do not come up, or do not stay. */
export const pods = [
  tell({
    ...{ name: 'never-ready', text: 'a version whose pods never become ready gets no traffic and is given up by the progress deadline' },
    spec: { progressDeadline: '30s' },
    act: (run) => release(run, { image: 'web:2', behaviour: { 'never-ready': 'true' } }),
    ending: { phases: ['RolledBack'], image: 'web:1' },
  }),
  tell({
    ...{
      name: 'crash-loop',
      lengthMs: 170_000,
      text: 'a version whose pods crash over and over once they have traffic is rolled back',
      hasCrashes: true,
      // Who takes the lead when the pods are back has no sign of a crash, and goes by what was measured. With all of the traffic they crash again
      // within seconds: the bake sees it.
      canary: { afterPromotion: { duration: '30s' } },
    },
    act(run) {
      watchProxies(run);
      crashByTraffic(run);
      release(run, { image: 'web:2', behaviour: { 'crash-backoff-ms': String(crashing.backOffMs) } });
    },
    // Only its traffic shows it. Where the adapter's object has a weight that proxies take up later than the Rollout was told to expect, the version is
    // judged, and promoted, by less: it crashes as stable, which is said (Degraded) while pods are missing.
    ending: (_, run) =>
      run !== undefined && hadLateProxies(run)
        ? { phases: ['RolledBack', 'Healthy', 'Degraded'] }
        : { phases: ['RolledBack'], image: 'web:1' },
  }),
  tell({
    ...{
      name: 'slow-start',
      text: 'pods that take half a minute to be ready: traffic waits for them at every step, and a pause outlasts the deadline',
    },
    lengthMs: 175_000,
    ...{ analysis: null, spec: { progressDeadline: '35s' }, steps: [{ setWeight: 50 }, { pause: { duration: '50s' } }] },
    act: (run) => release(run, { image: 'web:2', behaviour: { 'start-delay-ms': '20000' } }),
    ending: { phases: ['Healthy'], image: 'web:2' },
  }),
  tell({
    ...{
      name: 'outage',
      text: 'the canary loses its only pod at 40 %: its weight goes at once and comes back with the pod',
      hasCrashes: true,
    },
    ...{ analysis: null, steps: [{ setWeight: 40 }, { pause: { duration: '20s' } }] },
    act(run) {
      release(run, { image: 'web:2' });
      onceAt(run, 40, () => {
        for (const name of canaryPods(run)) run.sandbox.faults.crash({ namespace: subject.namespace, name });
      });
    },
    ending: { phases: ['Healthy'], image: 'web:2' },
  }),
  tell({
    ...{ name: 'unavailable', text: 'the canary’s pods stop being ready at 40 %, and stay so: rolled back after half a minute' },
    ...{ analysis: null, hasCrashes: true, steps: [{ setWeight: 40 }, { pause: { duration: '60s' } }] },
    act(run) {
      release(run, { image: 'web:2' });
      onceAt(run, 40, () => {
        for (const name of canaryPods(run)) run.sandbox.faults.behave({ namespace: subject.namespace, name }, { 'never-ready': 'true' });
      });
    },
    ending: { phases: ['RolledBack'], image: 'web:1' },
  }),
  tell({
    ...{
      name: 'short-at-the-end',
      text: 'one of the canary’s pods is not ready when the bake ends: the promotion waits for it',
      hasCrashes: true,
    },
    ...{ analysis: null, steps: [{ setWeight: 50 }], canary: { afterPromotion: { duration: '15s' } } },
    act(run) {
      release(run, { image: 'web:2' });
      onceAt(run, 100, () => {
        for (const name of canaryPods(run).slice(0, 1)) {
          const pod = { namespace: subject.namespace, name };
          run.sandbox.faults.behave(pod, { 'never-ready': 'true' });
          later(run, 35_000, () => run.sandbox.faults.behave(pod, { 'never-ready': null }));
        }
      });
    },
    ending: { phases: ['Healthy'], image: 'web:2' },
  }),
  tell({
    ...{ name: 'cleared-away', text: 'somebody deletes the Deployment of a canary that was rolled back: it stays away' },
    act(run) {
      release(run, { image: 'web:2', errorRate: 0.5 });
      onceIn(run, 'RolledBack', () =>
        later(run, 15_000, () => run.sandbox.client.delete(resources.deployments, { namespace: subject.namespace, name: canaryName(run) })),
      );
    },
    ending: { phases: ['RolledBack'], image: 'web:1' },
  }),
];
