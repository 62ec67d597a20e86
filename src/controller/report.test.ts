import { expect, test } from 'vitest';
import type { KubeClient, KubeObject } from '../kube/index.ts';
import { Interner, ok, VirtualClock } from '../lib/index.ts';
import { projectRollout } from './records.ts';
import { invalid, reportStall } from './report.ts';

const spec = { service: { name: 'web' }, workloadRef: { name: 'web' }, traffic: { smi: { provider: 'tomorrow' } } };
const anObject = (metadata: object = {}, status: object = {}): KubeObject => ({
  metadata: { name: 'web', namespace: 'shop', uid: 'u1', resourceVersion: '7', generation: 2, ...metadata },
  spec,
  status,
});

async function reported(object: KubeObject) {
  const sent: { status?: { phase?: string; conditions: object[] } }[] = [];
  const events: object[] = [];
  const client = {
    patch: (_resource: unknown, _ref: unknown, body: object) => {
      sent.push(body);
      return Promise.resolve(ok<KubeObject>({ metadata: { name: 'web', namespace: 'shop', uid: 'u1', resourceVersion: '8' } }));
    },
  } as unknown as KubeClient;
  const record = projectRollout(object, new Interner());
  const errors = record.decoded.ok ? [] : record.decoded.failure;
  const recorder = { event: (event: object) => void events.push(event) };
  const reporter = { client, clock: new VirtualClock(), executors: { absorb: () => {} }, recorder };
  await reportStall(record, invalid(record, errors), reporter, new AbortController().signal);
  return { sent, events };
}

test('what is wrong is said in the conditions, with an Event, and once', async () => {
  const weight = { type: 'WeightConfirmed', status: 'True' };
  const { sent, events } = await reported(anObject({}, { stableRevision: 'abc', conditions: [weight] }));
  expect(sent).toMatchObject([
    {
      metadata: { uid: 'u1', resourceVersion: '7' },
      status: {
        conditions: [
          { type: 'Ready', status: 'False', reason: 'InvalidSpec' },
          { type: 'Stalled', status: 'True', reason: 'InvalidSpec' },
          weight,
        ],
      },
    },
  ]);
  expect(events).toMatchObject([{ type: 'Warning', reason: 'InvalidSpec' }]);
  const again = await reported(anObject({}, { conditions: sent[0]?.status?.conditions ?? [] }));
  expect(again).toEqual({ sent: [], events: [] });
});

test('a deletion that cannot be says what to mend, and which finalizer to remove by hand', async () => {
  const held = { deletionTimestamp: '2026-03-01T12:00:00Z', finalizers: ['sluice.dev/finalizer'] };
  const { sent } = await reported(anObject(held));
  const message = JSON.stringify(sent);
  expect(message).toContain('spec.traffic.smi.provider: must be one of');
  expect(message).toContain('sluice.dev/finalizer');
  // Steps are missing, too; that does not matter any more.
  expect(message).not.toContain('spec.strategy');
});

test.each([
  ['one that nobody has looked at yet', {}, 'Degraded'],
  ['an adoption', { phase: 'Initializing', stage: { name: 'Pinning', since: '2026-03-01T12:00:00Z' } }, 'Degraded'],
  ['one at rest', { phase: 'Healthy', stableRevision: 'abc' }, 'Degraded'],
  ['a release under way', { phase: 'Baking', stableRevision: 'abc', canaryRevision: 'def' }, undefined],
  ['a rollback', { phase: 'RolledBack', stableRevision: 'abc', canaryRevision: 'def' }, undefined],
  ['a deletion', { phase: 'Terminating', stableRevision: 'abc' }, undefined],
])('the phase of %s says so, where it is not needed to go on', async (_, status, phase) => {
  const { sent } = await reported(anObject({}, status));
  expect(sent).toHaveLength(1);
  expect(sent[0]?.status?.phase).toBe(phase);
});
