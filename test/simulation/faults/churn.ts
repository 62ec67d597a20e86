import type { Fault, Run } from '../play/run.ts';
import { rolloutOf, rollouts } from '../play/settled.ts';
import { atAnyTime, between, during, numberOf } from './kit.ts';
import { createAs, deleteAs, patchAs, rolloutRef, type Template } from './target.ts';
import { currentTemplate, previousTemplate, writeTemplate, writeWanted } from './templates.ts';

const mark = 'faults.example/churn';

const churned = ({ metadata, ...template }: Template, value: string): Template => ({
  ...template,
  metadata: { ...metadata, annotations: { ...metadata?.annotations, [mark]: value } },
});

interface Canary {
  readonly canary?: { readonly steps?: readonly object[] };
}

const stepsOf = (run: Run): readonly object[] | undefined => (rolloutOf(run)?.spec.strategy as Canary | undefined)?.canary?.steps;

const setSteps = (run: Run, steps: readonly object[]): boolean =>
  patchAs(run, 'kubectl', { resource: rollouts, ref: rolloutRef(run), body: { spec: { strategy: { canary: { steps } } } } });

/** Other steps, of the same sort: some more to begin with, or the first ones gone. */
const edited = (steps: readonly object[], dropped: number): readonly object[] =>
  dropped === 0 ? [{ setWeight: 5 }, { pause: { duration: '5s' } }, ...steps] : steps.slice(Math.min(dropped, steps.length - 1));

/** F17: what people want changes while it is being done. In the end they want what the workload says. */
export const churnFaults: readonly Fault[] = [
  {
    ...{
      name: 'new-revision',
      kind: 'F17',
      text: 'another template comes in the middle, and later the one that was wanted before',
      mayTurn: true,
    },
    draw: (random, size) => ({ at: atAnyTime(random, size), with: { forMs: between(random, 500, 120_000) } }),
    arm(planned, run) {
      during(planned, run, () => {
        const template = currentTemplate(run);
        if (template === undefined || !writeTemplate(run, 'kubectl', churned(template, String(run.elapsedMs())))) return undefined;
        run.struck(planned);
        return () => writeWanted(run, 'kubectl');
      });
    },
  },
  {
    ...{ name: 'revert-to-stable', kind: 'F17', text: 'the template goes back to the one before, and later comes again', mayTurn: true },
    draw: (random, size) => ({ at: atAnyTime(random, size), with: { forMs: between(random, 500, 120_000) } }),
    arm(planned, run) {
      during(planned, run, () => {
        const older = previousTemplate(run);
        if (older === undefined || !writeTemplate(run, 'kubectl', older)) return undefined;
        run.struck(planned);
        return () => writeWanted(run, 'kubectl');
      });
    },
  },
  {
    ...{ name: 'steps-edited', kind: 'F17', text: 'the steps are edited while one of them is under way, and later put back' },
    draw: (random, size) => ({
      at: atAnyTime(random, size),
      with: { forMs: between(random, 500, 120_000), dropped: between(random, 0, 2) },
    }),
    arm(planned, run) {
      during(planned, run, () => {
        const steps = stepsOf(run);
        if (steps === undefined || steps.length === 0 || !setSteps(run, edited(steps, numberOf(planned, 'dropped', 0)))) return undefined;
        run.struck(planned);
        return () => void setSteps(run, steps);
      });
    },
  },
  {
    ...{ name: 'paused-toggled', kind: 'F17', text: 'the Rollout is paused for a while' },
    draw: (random, size) => ({ at: atAnyTime(random, size), with: { forMs: between(random, 100, 120_000) } }),
    arm(planned, run) {
      const set = (paused: boolean) => patchAs(run, 'kubectl', { resource: rollouts, ref: rolloutRef(run), body: { spec: { paused } } });
      during(planned, run, () => {
        if (!set(true)) return undefined;
        run.struck(planned);
        return () => void set(false);
      });
    },
  },
  {
    ...{
      name: 'recreated',
      kind: 'F17',
      text: 'the Rollout is deleted, and made again under its name as soon as it is gone',
      mayTurn: true,
    },
    draw: (random, size) => ({ at: atAnyTime(random, size) }),
    arm(planned, run) {
      during({ ...planned, with: { forMs: Number.MAX_SAFE_INTEGER } }, run, () => {
        const rollout = rolloutOf(run);
        const isGoing = rollout?.metadata.deletionTimestamp !== undefined;
        if (rollout === undefined || isGoing || !deleteAs(run, 'kubectl', rollouts, rolloutRef(run))) return undefined;
        run.struck(planned);
        run.when(
          () => rolloutOf(run)?.metadata.uid !== rollout.metadata.uid,
          () =>
            createAs(run, 'kubectl', rollouts, {
              ...{ apiVersion: rollout.apiVersion, kind: 'Rollout', spec: rollout.spec },
              metadata: rolloutRef(run),
            }),
        );
        // It was left with the template of stable.
        return () => writeWanted(run, 'kubectl');
      });
    },
  },
];
