import { basename } from 'node:path';
import { type Clock, systemClock } from '../lib/index.ts';
import { printable } from './demo/text.ts';

export type Out = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns' | 'rows' | 'on' | 'off'>;

/** What a command meets of the world but the cluster: where it prints, what it reads, what time it is. */
export interface Outside {
  /** As it was called: `sluice`, or `kubectl sluice`. */
  readonly program: string;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: Out;
  readonly stderr: Out;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Calls back at Ctrl-C or SIGTERM, in place of dying of it; the returned function gives that up. */
  onInterrupt(stop: () => void): () => void;
}

export function processOutside(): Outside {
  const { stdin, stdout, stderr, env, argv } = process;
  return {
    ...{ program: programName(argv[1] ?? ''), stdin, stdout, stderr, env, clock: systemClock },
    onInterrupt(stop) {
      const signals = ['SIGINT', 'SIGTERM'] as const;
      for (const signal of signals) process.once(signal, stop);
      return () => {
        for (const signal of signals) process.off(signal, stop);
      };
    },
  };
}

/** kubectl finds plugins by the names of files, and calls `kubectl-sluice`. */
export const programName = (path: string): string => (/^kubectl[-_]sluice\b/.test(basename(path)) ? 'kubectl sluice' : 'sluice');

/** What a command is given to run with. */
export interface Invocation {
  readonly outside: Outside;
  readonly finish: (code: number) => void;
}

/** Lines for people; what others wrote in them cannot move the cursor. */
export const say = (out: Out, lines: readonly string[]): void => {
  out.write(lines.map((line) => `${printable(line)}\n`).join(''));
};

/** A signal that aborts at Ctrl-C, for as long as `run` takes. */
export async function interruptible<T>(outside: Outside, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const release = outside.onInterrupt(() => stop.abort());
  try {
    return await run(stop.signal);
  } finally {
    release();
  }
}
