import { type CallFault, troubles } from '../../../src/sandbox/api/index.ts';
import type { Fault, Run, SeenCall } from '../play/run.ts';
import { atAnyTime, atEffect, atTrigger, between, during, numberOf, onceStruck, oneOf, requestAs, textOf } from './kit.ts';

const path = '/apis/coordination.k8s.io/v1/namespaces/sluice-system/leases/sluice-controller';

const isRenewal = ({ sort, request }: SeenCall): boolean => sort === 'effect' && request.method !== 'POST' && request.path === path;

const edits: Readonly<Record<string, object>> = {
  holder: { holderIdentity: 'somebody-else', leaseDurationSeconds: 15 },
  nobody: { holderIdentity: '' },
  short: { leaseDurationSeconds: 1 },
  long: { leaseDurationSeconds: 60 },
  transitions: { leaseTransitions: 0 },
  times: { renewTime: '1970-01-01T00:00:00.000000Z', acquireTime: '2099-01-01T00:00:00.000000Z' },
};

/** From the first renewal at or after a write on, so many renewals go wrong in a row. */
const renewals = (name: string, text: string, when: 'onCall' | 'onAnswer', fault: () => CallFault): Fault => ({
  ...{ name, kind: 'F11', text },
  draw: (random, size) => ({ at: atEffect(random, size), with: { times: between(random, 1, 8) } }),
  arm(planned, run) {
    const { at } = planned;
    const hit = onceStruck(planned, run);
    let left = numberOf(planned, 'times', 1);
    run.hook({
      [when]: (call: SeenCall) => {
        if (run.isHealed || left === 0 || !('effect' in at) || call.index < at.effect || !isRenewal(call)) return undefined;
        left -= 1;
        hit();
        return fault();
      },
    });
  },
});

/** A third process that was set up wrongly; it ends with the faults. */
const third = (run: Run, config: Parameters<Run['start']>[2]): (() => void) => {
  const name = 'sluice-wrong';
  run.start(name, 0, config);
  return () => {
    for (const replica of run.replicas()) if (replica.name === name) replica.kill();
  };
};

const configs: Readonly<Record<string, NonNullable<Parameters<Run['start']>[2]>>> = {
  hasty: { leaseDuration: 5_000, renewDeadline: 4_000, retryPeriod: 500 },
  slow: { leaseDuration: 60_000, renewDeadline: 40_000, retryPeriod: 5_000 },
  ownLease: { leaseName: 'sluice-controller-too' },
  noElection: { leaderElection: false },
};

export const leaseFaults: readonly Fault[] = [
  {
    ...{ name: 'lease-deleted', kind: 'F11', text: 'somebody deletes the lease' },
    draw: (random, size) => ({ at: atAnyTime(random, size) }),
    arm(planned, run) {
      atTrigger(planned, run, () => {
        if (requestAs(run.sandbox, 'kubectl', { method: 'DELETE', path })) run.struck(planned);
      });
    },
  },
  {
    ...{
      name: 'lease-edited',
      kind: 'F11',
      text: 'somebody edits the lease: its holder, its duration, its count of transitions, its times',
    },
    draw: (random, size) => ({
      at: atAnyTime(random, size),
      with: { what: oneOf(random, ['holder', 'nobody', 'short', 'long', 'transitions', 'times']) },
    }),
    arm(planned, run) {
      atTrigger(planned, run, () => {
        const spec = edits[textOf(planned, 'what', 'holder')];
        if (requestAs(run.sandbox, 'kubectl-edit', { method: 'PATCH', path, body: { spec } })) run.struck(planned);
      });
    },
  },
  renewals('lease-renew-409', 'renewals are refused as if the lease had moved on', 'onCall', () => ({
    kind: 'answer',
    answer: troubles.conflict(),
  })),
  renewals('lease-renew-unheard', 'renewals are done, and nobody hears of it', 'onAnswer', () => ({ kind: 'silence' })),
  renewals('lease-renew-lost', 'renewals are lost on their way', 'onCall', () => ({ kind: 'silence' })),
  {
    ...{ name: 'third-replica', kind: 'F11' },
    text: 'a third process with other timing; one that leads by a lease of its own beside the leader; one that leads without any',
    draw: (random, size) => ({
      at: atAnyTime(random, size),
      with: { config: oneOf(random, ['hasty', 'slow', 'ownLease', 'noElection']), forMs: between(random, 20_000, 200_000) },
    }),
    arm(planned, run) {
      during(planned, run, () => {
        run.struck(planned);
        return third(run, configs[textOf(planned, 'config', 'hasty')]);
      });
    },
  },
];
