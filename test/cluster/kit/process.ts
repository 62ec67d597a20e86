import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly logDir: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Opens an IPC channel; the child ends by itself when it closes. */
  readonly ipc?: boolean;
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One child process of ours, with its output in a file. Signals go to its process id only. */
export interface Process {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  readonly child: ChildProcess;
  readonly ended: Promise<ProcessEnd>;
  isRunning(): boolean;
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM, then SIGKILL after the grace; resolves once it has ended. */
  stop(graceMs?: number): Promise<ProcessEnd>;
  log(): string;
  tail(lines?: number): string;
}

export function startProcess(spec: ProcessSpec): Process {
  mkdirSync(spec.logDir, { recursive: true });
  const logFile = join(spec.logDir, `${spec.name}.log`);
  const out = openSync(logFile, 'a');
  const child = spawn(spec.command, [...spec.args], {
    stdio: spec.ipc ? ['ignore', out, out, 'ipc'] : ['ignore', out, out],
    env: { ...process.env, ...spec.env },
  });
  closeSync(out);
  let end: ProcessEnd | undefined;
  const ended = new Promise<ProcessEnd>((resolve) => {
    const finish = (how: ProcessEnd) => {
      end ??= how;
      resolve(end);
    };
    child.once('error', () => finish({ code: 127, signal: null }));
    child.once('exit', (code, signal) => finish({ code, signal }));
  });
  const log = () => readFileSync(logFile, 'utf8');
  const self: Process = {
    name: spec.name,
    pid: child.pid ?? -1,
    logFile,
    child,
    ended,
    isRunning: () => end === undefined,
    signal: (signal) => {
      if (end === undefined) child.kill(signal);
    },
    stop: async (graceMs = 10_000) => {
      self.signal('SIGCONT');
      self.signal('SIGTERM');
      const timer = setTimeout(() => self.signal('SIGKILL'), graceMs);
      const result = await ended;
      clearTimeout(timer);
      return result;
    },
    log,
    tail: (lines = 25) => log().trimEnd().split('\n').slice(-lines).join('\n'),
  };
  return self;
}

/** Polls until `check` says true; a process that ends meanwhile, or the deadline, is an error with the tail of its log. */
export async function ready(process: Process, check: () => Promise<boolean>, deadlineMs = 120_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    if (!process.isRunning()) throw new Error(`${process.name} ended before it was ready:\n${process.tail()}`);
    if (await check().catch(() => false)) return;
    if (performance.now() > end) throw new Error(`${process.name} not ready after ${deadlineMs} ms:\n${process.tail()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export async function answers(url: string, status = 200): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.arrayBuffer();
  return response.status === status;
}

/** Whether something listens at `host:port`. */
export function accepts(target: string): Promise<boolean> {
  const [host = '', port] = target.split(':');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), timeout: 2_000 });
    const done = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket
      .once('connect', () => done(true))
      .once('error', () => done(false))
      .once('timeout', () => done(false));
  });
}
