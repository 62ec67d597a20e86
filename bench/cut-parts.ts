// Where the time of a cut goes, by the controller's own clock: cut-trace.mjs wrote it down.
import { readFileSync } from 'node:fs';

interface Line {
  readonly server: 'api' | 'prometheus';
  readonly asked?: string;
  readonly path?: string;
  readonly isFailed?: boolean;
  readonly askedAt: number;
  readonly sentAt: number;
  readonly headAt: number;
  readonly doneAt: number;
}

/** Milliseconds. */
export interface CutParts {
  /** When the failing answer had arrived, since 1970. */
  readonly arrivedAt: number;
  /** From there until the split's write was sent, and until it was acknowledged. */
  readonly sent: number;
  readonly acknowledged: number;
  /** From a write's headers leaving to those of its answer coming, for verdict, status and split. */
  readonly waits: readonly number[];
  /** Everything else: deciding, encoding, waiting for a place or a worker. */
  readonly ours: number;
}

/** One for each Rollout whose cut can be followed from answer to split. */
export function cutParts(file: string, names: readonly string[]): readonly CutParts[] {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((text) => text.endsWith('}'))
    .map((text) => JSON.parse(text) as Line);
  const written = lines.filter(({ path }) => path !== undefined);
  const answers = lines.filter(({ server }) => server === 'prometheus');
  return names.flatMap((name) => {
    const verdict = written.find(({ path, isFailed }) => isFailed && path?.includes(`/analysisruns/${name}-`));
    if (verdict === undefined) return [];
    const next = (part: string, after: Line) => written.find(({ path, askedAt }) => path?.includes(part) && askedAt >= after.doneAt);
    const status = next(`/rollouts/${name}/status`, verdict);
    const split = status && next(`/trafficsplits/${name}?`, status);
    const answer = answers.findLast(({ asked, doneAt }) => asked?.startsWith(`${name}-`) && doneAt <= verdict.askedAt);
    if (status === undefined || split === undefined || answer === undefined) return [];
    const waits = [verdict, status, split].map(({ sentAt, headAt }) => headAt - sentAt);
    const acknowledged = split.doneAt - answer.doneAt;
    const ours = acknowledged - waits.reduce((sum, wait) => sum + wait, 0);
    return [{ arrivedAt: answer.doneAt, sent: split.sentAt - answer.doneAt, acknowledged, waits, ours }];
  });
}
