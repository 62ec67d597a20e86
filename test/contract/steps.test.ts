import type { StepName } from '../../src/core/steps/index.ts';
import { stepNames } from '../../src/core/steps/index.ts';
import { type StepFixture, stepContract } from './step.contract.ts';

/** A kind without fixtures does not compile: so every one is enrolled. */
const fixtures: Readonly<Partial<Record<StepName, StepFixture>>> = {
  setWeight: { good: [10, 0, 100], bad: [-1, 101, 0.5, '10'], done: { weight: { desired: 10, isConfirmed: true } } },
  pause: { good: [{ duration: '5m' }, {}], bad: [{ duration: 5 }, { duration: 'soon' }], done: { startedAtMs: 1_000_000 - 300_000 } },
  setCanaryScale: {
    good: [{ replicas: 2 }, { weight: 50 }, { matchTrafficWeight: true }],
    bad: [{}, { replicas: -1 }, { replicas: 1, weight: 2 }],
    done: { canaryPods: { wanted: 2, ready: 2 } },
  },
  gate: {
    good: [{ name: 'qa' }, { name: 'qa', minApprovals: 2, timeout: '24h', onTimeout: 'Wait', message: 'Did QA sign off?' }],
    bad: [{}, { name: 'QA!' }, { name: 'qa', minApprovals: 0 }, { name: 'qa', onTimeout: 'Promote' }, { name: 'qa', timeout: '0s' }],
    done: { gate: { state: 'Approved', approvals: 1, needs: 1, expiresAtMs: undefined } },
  },
  analysis: {
    good: [{ templates: [{ name: 'smoke' }] }],
    bad: [{}, { templates: [] }],
    done: { run: { name: 'web-1-s0', phase: 'Successful', message: '' } },
  },
};

for (const name of stepNames) {
  const fixture = fixtures[name];
  if (fixture === undefined) throw new Error(`step ${name} has no fixture in test/contract/steps.test.ts`);
  stepContract(name, fixture);
}
