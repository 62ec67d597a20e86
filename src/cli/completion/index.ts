import type { Command } from 'commander';
import { printable } from '../demo/text.ts';
import type { Outside } from '../outside.ts';
import { askCluster } from './ask.ts';
import { complete } from './complete.ts';

export { type Shell, scripts } from './scripts.ts';

/** Answers a shell in the words of cobra, which kubectl speaks with plugins. */
export async function answerShell(program: Command, words: readonly string[], outside: Outside): Promise<void> {
  const { candidates, files } = await complete(program, words, (asked, flags) => askCluster(asked, flags, outside));
  const lines = candidates.map(
    ({ value, description = '' }) => printable(value) + (description === '' ? '' : `\t${printable(description)}`),
  );
  outside.stdout.write([...lines, files ? ':0' : ':4', ''].join('\n'));
}
