// `sluice demo` from outside, as it is shipped: a process whose output, exit code and leavings are looked at.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const program = join(root, 'dist/sluice.js');
const deadlineMs = 900_000;

let scratch = '';
const running = new Set<ChildProcess>();

beforeAll(() => {
  execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: root });
  scratch = mkdtempSync(join(tmpdir(), 'sluice-demo-test-'));
}, deadlineMs);

afterAll(async () => {
  // Only those of tests that failed: a demo that is told to stop takes everything with it.
  const left = [...running].map((child) => new Promise((ended) => child.once('close', ended)));
  for (const child of running) child.kill('SIGTERM');
  await Promise.all(left);
  rmSync(scratch, { recursive: true, force: true });
});

interface Demo {
  readonly child: ChildProcess;
  text(): string;
  /** Resolves once the output has this in it, or the demo has ended. */
  until(pattern: RegExp): Promise<void>;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** What is left of it: entries of its temporary folder, and processes. */
  leavings(): readonly string[];
}

function startDemo(name: string, args: readonly string[] = []): Demo {
  const temporary = join(scratch, name);
  mkdirSync(temporary);
  const child = spawn(process.execPath, [program, 'demo', ...args], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let text = '';
  let isOver = false;
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const look of waiting) look();
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      wake();
    });
  }
  const ended = new Promise<number | string>((resolveEnd) => {
    child.once('close', (code, signal) => {
      running.delete(child);
      isOver = true;
      wake();
      resolveEnd(code ?? signal ?? 'nothing');
    });
  });
  const controllerPid = () => Number(/\(pid (\d+)\)/.exec(text)?.[1] ?? Number.NaN);
  return {
    child,
    ended,
    text: () => text,
    until: (pattern) =>
      new Promise((met) => {
        const look = () => {
          if (!pattern.test(text) && !isOver) return;
          waiting.delete(look);
          met();
        };
        waiting.add(look);
        look();
      }),
    leavings: () => [...readdirSync(temporary), ...(isController(controllerPid()) ? [`controller ${controllerPid()}`] : [])],
  };
}

/** The number may be another process's by now. */
function isController(pid: number): boolean {
  if (Number.isNaN(pid)) return false;
  if (existsSync('/proc/self/cmdline')) {
    return existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('sluice.js\0controller');
  }
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The examples with one big step in place of small ones, and other releases where a test wants them. */
function quickExamples(name: string, change: (folder: string) => void = () => {}): string {
  const folder = join(scratch, `examples-${name}`);
  cpSync(join(root, 'examples'), folder, { recursive: true });
  edit(join(folder, 'rollout.yaml'), /steps:\n[\s\S]*?(?= {6}analysis:)/, 'steps:\n      - setWeight: 50\n');
  edit(join(folder, 'analysis.yaml'), 'value: 5s', 'value: 2s');
  change(folder);
  return folder;
}

function edit(file: string, from: string | RegExp, to: string): void {
  const before = readFileSync(file, 'utf8');
  const after = before.replace(from, to);
  if (after === before) throw new Error(`${file} has no ${from}`);
  writeFileSync(file, after);
}

describe.concurrent('sluice demo', () => {
  test('shows a release promoted and one rolled back, exits 0, and leaves nothing behind', { timeout: deadlineMs }, async () => {
    const demo = startDemo('whole');
    expect(await demo.ended, demo.text()).toBe(0);
    const lines = demo.text().split('\n');
    const at = (pattern: RegExp) => lines.findIndex((line) => pattern.test(line));
    const expected = [
      /^== v1 is a plain Deployment/,
      /v1 has all traffic and is the stable revision/,
      /^== v2 is a good release/,
      /v2 has its pods: 10 % of the traffic/,
      /v2 passed at 10 % \(success 100 %, p99 \d+ ms\): 25 %/,
      /v2 passed at 25 % .*: 50 %/,
      /v2 passed at 50 % .*: 100 % of the traffic/,
      /v2 has all traffic and is the stable revision/,
      /^== v3 is a bad release/,
      /v3 has its pods: 10 % of the traffic/,
      /AnalysisFailed: success-rate is 0\.\d+, wanted at least 0\.99/,
      /v3 is rolled back, all traffic is with v2 again/,
      /v2 was promoted .*; v3 was rolled back at 10 %, AnalysisFailed/,
      /v3 hurt [1-9]\d* of [\d,]+ requests .* none was left without an endpoint/,
    ];
    const places = expected.map(at);
    expect(places, demo.text()).not.toContain(-1);
    expect(places).toEqual(places.toSorted((left, right) => left - right));
    expect(demo.text()).not.toContain('\x1b');
    expect(demo.leavings()).toEqual([]);
  });

  test('a bad release that gets through makes it exit 1', { timeout: deadlineMs }, async () => {
    const examples = quickExamples('harmless', (folder) => edit(join(folder, 'v3-bad.yaml'), 'error-rate: "0.3"', 'error-rate: "0"'));
    const demo = startDemo('harmless', ['--plain', '--examples', examples]);
    expect(await demo.ended, demo.text()).toBe(1);
    expect(demo.text()).toContain('WRONG: expected: v3 is rolled back by its analysis; but v3 was promoted');
    expect(demo.leavings()).toEqual([]);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s in the middle ends it with %i and leaves nothing behind', { timeout: deadlineMs }, async (signal, code) => {
    const demo = startDemo(signal, ['--examples', quickExamples(signal)]);
    await demo.until(/v2 has its pods/);
    expect(demo.leavings(), demo.text()).toHaveLength(2);
    demo.child.kill(signal);
    expect(await demo.ended, demo.text()).toBe(code);
    expect(demo.leavings()).toEqual([]);
  });

  test('a signal before there is a controller ends it too', { timeout: deadlineMs }, async () => {
    const demo = startDemo('early');
    await demo.until(/^== v1/);
    demo.child.kill('SIGINT');
    expect(await demo.ended, demo.text()).toBe(130);
    expect(demo.leavings()).toEqual([]);
  });

  test('a controller that cannot live makes it exit 1, with what the controller said', { timeout: deadlineMs }, async () => {
    const examples = quickExamples('dying');
    const demo = startDemo('dying', ['--examples', examples]);
    await demo.until(/\(pid \d+\)/);
    process.kill(Number(/\(pid (\d+)\)/.exec(demo.text())?.[1]), 'SIGKILL');
    expect(await demo.ended, demo.text()).toBe(1);
    expect(demo.text()).toContain('but the controller has ended: SIGKILL');
    expect(demo.leavings()).toEqual([]);
  });

  test('--hold keeps up what came out wrong, too, says so, and exits 1 on Ctrl-C', { timeout: deadlineMs }, async () => {
    const demo = startDemo('held', ['--hold', '--examples', quickExamples('held')]);
    await demo.until(/\(pid \d+\)/);
    process.kill(Number(/\(pid (\d+)\)/.exec(demo.text())?.[1]), 'SIGKILL');
    await demo.until(/curl (http:\S+)/);
    expect(demo.text()).toContain('WRONG: ');
    expect(demo.text()).toContain('It came out wrong, and stays up to be looked at until Ctrl-C, which ends it with exit code 1');
    const rollout = await fetch(/curl (http:\S+)/.exec(demo.text())?.[1] ?? '');
    expect(await rollout.json()).toMatchObject({ kind: 'Rollout', metadata: { name: 'web' } });
    demo.child.kill('SIGINT');
    expect(await demo.ended, demo.text()).toBe(1);
    expect(demo.leavings()).toEqual([]);
  });
});
