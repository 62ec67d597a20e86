import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, sleep } from '../../lib/index.ts';

/** A temporary folder and the processes that were started from it. Nothing of either outlives this process, whichever way it ends. */
export interface Workshop {
  readonly folder: string;
  start(program: Program): RunningProgram;
  /** Ends what runs and removes the folder. May be called again. */
  close(): Promise<void>;
}

export interface Program {
  readonly name: string;
  /** Of Node. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface RunningProgram {
  readonly pid: number;
  /** Why it has ended; undefined while it runs. */
  ending(): string | undefined;
  /** The last lines that it wrote. */
  lastLines(count: number): readonly string[];
  readonly logFile: string;
}

interface Child extends RunningProgram {
  readonly ended: Promise<void>;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

const patienceMs = 5_000;

export function openWorkshop(clock: Clock): Workshop {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-demo-'));
  const children: Child[] = [];
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  // What an exit in the middle of everything leaves time for.
  const atExit = () => {
    for (const child of children) child.kill('SIGKILL');
    removeFolder();
  };
  process.once('exit', atExit);
  return {
    folder,
    start(program) {
      const child = startIn(folder, program);
      children.push(child);
      return child;
    },
    async close() {
      for (const child of children) child.kill('SIGTERM');
      const all = Promise.all(children.map(({ ended }) => ended));
      await Promise.race([all, sleep(clock, patienceMs)]);
      for (const child of children) child.kill('SIGKILL');
      await all;
      removeFolder();
      process.off('exit', atExit);
    },
  };
}

function startIn(folder: string, { name, args, env }: Program): Child {
  const logFile = join(folder, `${name}.log`);
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [...args], { cwd: folder, env, stdio: ['ignore', log, log] });
  closeSync(log);
  let ending: string | undefined;
  const ended = new Promise<void>((resolve) => {
    const end = (how: string) => {
      ending ??= how;
      resolve();
    };
    child.once('error', (error) => end(error.message));
    child.once('exit', (code, signal) => end(signal === null ? `exit code ${code}` : signal));
  });
  return {
    pid: child.pid ?? 0,
    logFile,
    ended,
    ending: () => ending,
    lastLines: (count) => readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-count),
    kill: (signal) => {
      if (ending === undefined) child.kill(signal);
    },
  };
}

/** A port of loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('loopback has no ports');
  return address.port;
}
