import { type Command, InvalidArgumentError } from 'commander';
import type { DecisionAction } from '../../core/decision.ts';
import { parseDuration } from '../../lib/index.ts';
import { clusterCommand } from '../cluster/flags.ts';
import type { DecideFlags, Wish } from '../decide/index.ts';
import type { Invocation } from '../outside.ts';

export function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('must be a duration, such as 90s or 10m');
  return ms;
}

type Flags = DecideFlags & Pick<Wish, 'reason' | 'revision'> & { readonly to?: string };

const descriptions: Readonly<Record<DecisionAction, string>> = {
  Approve: 'Approve an open gate, as yourself.',
  Reject: 'Reject an open gate, as yourself: the release is rolled back.',
  Resume: 'End a pause without a duration, or go on after an analysis without a verdict.',
  Skip: 'End the current step, whatever it waits for.',
  Promote: 'Skip all steps that are left; the background analysis stays on.',
  Abort: 'Roll the release back now.',
  Retry: 'Try the revision that was rolled back once more, from the first step.',
  Undo: 'Go back to the revision before, or to one of the history.',
  Restart: 'Restart the pods, as a release of the same template.',
  Override: 'Let this attempt raise although a change window forbids it.',
};

/** One command for each thing that can be decided. */
export const decisionCommands = (invocation: Invocation): readonly Command[] =>
  (Object.keys(descriptions) as DecisionAction[]).map((action) => decisionCommand(action, invocation));

function decisionCommand(action: DecisionAction, { outside, finish }: Invocation): Command {
  const isOfGate = action === 'Approve' || action === 'Reject';
  const command = clusterCommand(action.toLowerCase(), ['json', 'yaml', 'name'])
    .description(descriptions[action])
    .argument('<name>', 'the Rollout')
    .option('--reason <text>', 'for those who read the audit trail')
    .option('--revision <hash>', 'only if this is the revision that is decided on; its first letters will do')
    .option('--no-wait', 'do not wait for the controller’s answer')
    .option('--timeout <duration>', 'how long to wait for it', duration, 20_000);
  if (isOfGate) command.argument('[gate]', 'the gate');
  if (action === 'Undo') command.option('--to <revision>', 'one of status.history; its first letters will do');
  command.addHelpText(
    'after',
    '\nMakes a Decision in your own name (kubectl get decisions). Exit code 0: accepted; 1: refused, or it cannot be made; 2: not answered in time.',
  );
  return command.action(async (name: string, ...rest: readonly unknown[]) => {
    const gate = isOfGate && typeof rest[0] === 'string' ? rest[0] : undefined;
    const flags = command.opts<Flags>();
    const { decide } = await import('../decide/index.ts');
    const { reason, revision, to: undoTo } = flags;
    finish(await decide(name, { action, gate, reason, revision, undoTo }, flags, outside));
  });
}
