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
  /** From a write's headers leaving to its outcome being known, for verdict, status and split. */
  readonly waits: readonly number[];
  /** From the answer to the verdict's write being asked for, from there to the status's, and to the split's: deciding, and waiting for a worker or a place. */
  readonly hops: readonly number[];
  /** From a write being asked for to its headers leaving. */
  readonly sendings: readonly number[];
  /** Everything but the waits. */
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
    // The watch may bring a write back before its own answer comes, and what follows from it does not wait for that.
    const next = (part: string, after: Line) => written.find(({ path, askedAt }) => path?.includes(part) && askedAt >= after.sentAt);
    const status = next(`/rollouts/${name}/status`, verdict);
    const split = status && next(`/trafficsplits/${name}?`, status);
    const answer = answers.findLast(({ asked, doneAt }) => asked?.startsWith(`${name}-`) && doneAt <= verdict.askedAt);
    if (status === undefined || split === undefined || answer === undefined) return [];
    const known = [answer.doneAt, Math.min(verdict.doneAt, status.askedAt), Math.min(status.doneAt, split.askedAt), split.doneAt];
    const writes = [verdict, status, split];
    const waits = writes.map(({ sentAt }, at) => (known[at + 1] ?? sentAt) - sentAt);
    const hops = writes.map(({ askedAt }, at) => askedAt - (known[at] ?? askedAt));
    const sendings = writes.map(({ askedAt, sentAt }) => sentAt - askedAt);
    const acknowledged = split.doneAt - answer.doneAt;
    const ours = acknowledged - waits.reduce((sum, wait) => sum + wait, 0);
    return [{ arrivedAt: answer.doneAt, sent: split.sentAt - answer.doneAt, acknowledged, waits, hops, sendings, ours }];
  });
}
