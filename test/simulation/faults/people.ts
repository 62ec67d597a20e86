import type { Fault, Run } from '../play/run.ts';
import { rolloutOf, rollouts } from '../play/settled.ts';
import { atAnyTime, atTrigger, between, during, oneOf, textOf } from './kit.ts';
import { patchAs, rolloutRef } from './target.ts';
import { previousTemplate, writeTemplate, writeWanted } from './templates.ts';

const setPaused = (run: Run, writer: string, paused: boolean): boolean =>
  patchAs(run, writer, { resource: rollouts, ref: rolloutRef(run), body: { spec: { paused } } });

/** What somebody with rights to it may write over the controller's memory. What of it is derived is derived again. */
const statuses: Readonly<Record<string, object>> = {
  message: { message: 'everything is fine', conditions: [] },
  phase: { phase: 'Healthy' },
  generation: { observedGeneration: 1_000 },
};

/** F16, as far as there is something for people to do: gates and Decisions are still to come. */
export const peopleFaults: readonly Fault[] = [
  {
    ...{ name: 'paused-twice', kind: 'F16', text: 'two people pause the Rollout at once, and both take it back later' },
    draw: (random, size) => ({ at: atAnyTime(random, size), with: { forMs: between(random, 1_000, 90_000) } }),
    arm(planned, run) {
      during(planned, run, () => {
        if (!setPaused(run, 'kubectl-edit', true)) return undefined;
        setPaused(run, 'kubectl-patch', true);
        run.struck(planned);
        return () => {
          setPaused(run, 'kubectl-patch', false);
          setPaused(run, 'kubectl-edit', false);
        };
      });
    },
  },
  {
    ...{
      name: 'status-written',
      kind: 'F16',
      text: 'a stranger writes into the status: a message, another phase, a generation that is yet to come',
    },
    draw: (random, size) => ({ at: atAnyTime(random, size), with: { what: oneOf(random, ['message', 'phase', 'generation']) } }),
    arm(planned, run) {
      atTrigger(planned, run, () => {
        if (rolloutOf(run) === undefined) return;
        const status = statuses[textOf(planned, 'what', 'message')];
        if (patchAs(run, 'kubectl', { resource: rollouts, ref: rolloutRef(run), body: { status }, subresource: 'status' }))
          run.struck(planned);
      });
    },
  },
  {
    ...{ name: 'old-apply', kind: 'F16', text: 'a bot applies an older template once more, and later the newer one', mayTurn: true },
    draw: (random, size) => ({ at: atAnyTime(random, size), with: { forMs: between(random, 500, 60_000) } }),
    arm(planned, run) {
      during(planned, run, () => {
        const older = previousTemplate(run);
        if (older === undefined || !writeTemplate(run, 'deploy-bot', older)) return undefined;
        run.struck(planned);
        return () => writeWanted(run, 'deploy-bot');
      });
    },
  },
];
