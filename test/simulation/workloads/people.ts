import type { Resource } from '../../../src/kube/index.ts';
import type { Run, Workload } from '../play/run.ts';
import { rolloutOf } from '../play/settled.ts';
import { subject } from './kit.ts';
import { later, onceAt, release, tell } from './story.ts';

/** People decide, at gates and against a release. */

const decisions: Resource = { group: 'sluice.dev', version: 'v1alpha1', plural: 'decisions', kind: 'Decision', namespaced: true };

interface Word {
  readonly name: string;
  readonly action: string;
  readonly subject?: string;
  readonly gate?: string;
  readonly attempt?: number;
}

/** About what the Rollout is at now. A clumsy hand may find the Rollout gone. */
function say(run: Run, { name, subject: person = 'alice', attempt, ...word }: Word): void {
  const rollout = rolloutOf(run);
  const status = rollout?.status as { canaryRevision?: string; stableRevision?: string; attempt?: number } | undefined;
  const revision = status?.canaryRevision ?? status?.stableRevision;
  if (rollout === undefined || revision === undefined) return;
  run.sandbox.client.create(decisions, {
    ...{ apiVersion: 'sluice.dev/v1alpha1', kind: 'Decision', metadata: { name, namespace: subject.namespace } },
    spec: {
      ...word,
      rollout: { name: subject.rollout, uid: rollout.metadata.uid },
      ...{ revision, attempt: attempt ?? status?.attempt ?? 1, subject: person },
    },
  });
}

const isAsking = (run: Run): boolean =>
  (rolloutOf(run)?.status as { gates?: readonly { state: string }[] } | undefined)?.gates?.some(({ state }) => state === 'Open') === true;
const onceAsked = (run: Run, act: () => void): void => run.when(() => isAsking(run), act);

const gated = [{ setWeight: 20 }, { gate: { name: 'qa', minApprovals: 2 } }, { setWeight: 60 }];

export const people: readonly Workload[] = [
  tell({
    ...{ name: 'gate', text: 'two people approve at a gate; one of them twice, and once for an attempt that is not', steps: gated },
    act(run) {
      release(run, { image: 'web:2' });
      onceAsked(run, () => {
        say(run, { name: 'stale', action: 'Approve', gate: 'qa', attempt: 7 });
        say(run, { name: 'alice', action: 'Approve', gate: 'qa' });
        say(run, { name: 'alice-again', action: 'Approve', gate: 'qa' });
        later(run, 8_000, () => say(run, { name: 'bob', action: 'Approve', gate: 'qa', subject: 'bob' }));
      });
    },
    ending: { phases: ['Healthy'], image: 'web:2' },
  }),
  tell({
    ...{ name: 'gate-rejected', text: 'two people approve at a gate in the moment in which a third rejects', steps: gated },
    act(run) {
      release(run, { image: 'web:2' });
      onceAsked(run, () => {
        say(run, { name: 'carol', action: 'Reject', gate: 'qa', subject: 'carol' });
        say(run, { name: 'alice', action: 'Approve', gate: 'qa' });
        say(run, { name: 'bob', action: 'Approve', gate: 'qa', subject: 'bob' });
      });
    },
    ending: { phases: ['RolledBack'], image: 'web:1' },
  }),
  tell({
    ...{ name: 'aborted', text: 'a person aborts at 60 %', steps: [{ setWeight: 20 }, { setWeight: 60 }, { pause: {} }] },
    act(run) {
      release(run, { image: 'web:2' });
      onceAt(run, 60, () => say(run, { name: 'stop', action: 'Abort' }));
    },
    ending: { phases: ['RolledBack'], image: 'web:1' },
  }),
];
