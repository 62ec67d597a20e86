// The commands from outside, as they are shipped: processes whose output and exit codes are looked at, against an API server over HTTP.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rollouts } from '../src/api/index.ts';
import { aBench, aRollout, type Bench, put } from '../src/cli/testing/bench.ts';

const root = resolve(import.meta.dirname, '..');
const deadlineMs = 300_000;

let scratch = '';
let program = '';
let bench: Bench;

beforeAll(async () => {
  execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: root });
  scratch = mkdtempSync(join(tmpdir(), 'sluice-cli-test-'));
  program = join(scratch, 'kubectl-sluice');
  symlinkSync(join(root, 'dist/sluice.js'), program);
  bench = await aBench();
  put(bench, aRollout('web'));
}, deadlineMs);

afterAll(async () => {
  await bench.close();
  rmSync(scratch, { recursive: true });
});

interface Ran {
  readonly code: number | string;
  readonly out: string;
  readonly err: string;
}

function run(
  args: readonly string[],
  { as = 'alice', stdin = '', until }: { as?: string; stdin?: string; until?: RegExp } = {},
): Promise<Ran> {
  const env = { PATH: process.env.PATH, KUBECONFIG: bench.kubeconfigOf(as) };
  const child = spawn(process.execPath, [program, ...args], { env, stdio: 'pipe' });
  const written = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    written.out += text;
    if (until?.test(written.out) === true) child.kill('SIGINT');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    written.err += text;
  });
  child.stdin.end(stdin);
  return new Promise((ended) => child.once('close', (code, signal) => ended({ code: code ?? signal ?? '', ...written })));
}

const rollout = 'apiVersion: sluice.dev/v1alpha1\nkind: Rollout\nmetadata: {name: web}\nspec: {}\n';

describe('the shipped program', () => {
  test.each<[string, readonly string[], number, Parameters<typeof run>[1]]>([
    ['a table', ['get'], 0, {}],
    ['a Rollout that is not there', ['get', 'wep'], 1, {}],
    ['a release in flight', ['status', 'web'], 3, {}],
    ['one that is not through in time', ['status', 'web', '--timeout', '10ms'], 2, {}],
    ['one that nobody knows', ['status', 'wep'], 4, {}],
    ['a decision that is not allowed', ['abort', 'web'], 1, { as: 'bob' }],
    ['a decision that nobody answers', ['resume', 'web', '--timeout', '10ms'], 2, { as: 'bob' }],
    ['files with errors', ['lint', '-f', '-'], 1, { stdin: rollout }],
    ['files with nothing', ['lint', '-f', '-'], 2, { stdin: '' }],
    ['a command that there is not', ['gte'], 2, {}],
    ['an option that there is not', ['get', '--x'], 2, {}],
  ])('%s', { timeout: deadlineMs }, async (_case, args, code, options) => {
    const ran = await run(args, options);
    expect(ran.code, ran.err).toBe(code);
    expect(ran.code === 0 ? ran.err : ran.err + ran.out).not.toMatch(/\bat .*\.(js|ts):\d+/);
  });

  test('as a plugin of kubectl it calls itself so', { timeout: deadlineMs }, async () => {
    expect((await run(['status', '--help'])).out).toMatch(/^Usage: kubectl sluice status \[options\] <name>/);
  });

  test('watches until Ctrl-C, and ends well', { timeout: deadlineMs }, async () => {
    expect(await run(['get', 'web', '-w'], { until: /waiting for a decision\n/ })).toMatchObject({ code: 0, err: '' });
  });

  test('waits until Ctrl-C, and says that it does not know', { timeout: deadlineMs }, async () => {
    expect((await run(['status', 'web', '--wait'], { until: /waiting for a decision\n/ })).code).toBe(130);
  });

  test('waits until the release has failed', { timeout: deadlineMs }, async () => {
    const ended = run(['status', 'web', '--wait']);
    const status = { phase: 'Degraded', message: 'no way' };
    bench.api.patch(rollouts, { namespace: 'shop', name: 'web' }, { status }, { subresource: 'status' });
    expect((await ended).code).toBe(1);
  });
});
