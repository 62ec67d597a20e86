import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runSimulate } from './command.ts';
import { type Flags, readFlags } from './flags.ts';
import { goodQuality } from './quality.ts';
import { rolloutYaml, successRate, templateYaml, watched } from './testing/rollouts.ts';

const steps = ['setWeight: 50', 'pause: {duration: 20s}'];
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-simulate-'));
  writeFileSync(join(folder, 'checks.yaml'), templateYaml([successRate()], '10s'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A stream that keeps what is written. */
function kept(): { readonly stream: NodeJS.WriteStream; readonly text: () => string } {
  const texts: string[] = [];
  const stream = { isTTY: false, write: (text: string) => texts.push(text) > 0 } as unknown as NodeJS.WriteStream;
  return { stream, text: () => texts.join('') };
}

async function run(flags: Flags, rollout = rolloutYaml({ steps, canary: [watched] })) {
  const [out, error] = [kept(), kept()];
  const stdin = (async function* () {
    yield Buffer.from(rollout);
  })();
  const code = await runSimulate(
    { file: ['-', join(folder, 'checks.yaml')], seeds: '1', rps: '200', errorRate: '30%', ...flags },
    { program: '', stdin, env: {}, stdout: out.stream, stderr: error.stream },
  );
  return { code, out: out.text(), error: error.text() };
}

describe('the command', () => {
  test('a table for people, exit code 0', async () => {
    const { code, out, error } = await run({ output: 'wide' });
    expect([code, error]).toEqual([0, '']);
    expect(out).toMatch(
      /^Rollout shop\/web {3}linkerd, 200 requests\/s, seed 1\na release that fails 30 % of its requests\n\nWOULD IT BE CAUGHT\? yes\n/,
    );
    expect(out).toContain('\n  FirstWeightHigh: the first weight is 50 %');
    expect(out).toMatch(/\n {5}1 {2}release {2}rolled back /);
  });

  test('JSON for machines: the same bytes for the same seed', async () => {
    const [one, two] = [await run({ output: 'json' }), await run({ output: 'json' })];
    expect(one.out).toBe(two.out);
    expect(JSON.parse(one.out)).toMatchObject({
      seeds: { first: 1, count: 1 },
      release: { errorRate: 0.3, endings: { rolledBack: 1 } },
      warnings: [{ reason: 'FirstWeightHigh' }],
    });
  });

  test('--expect and --strict say it with the exit code', async () => {
    expect([
      (await run({ expect: 'rolled-back' })).code,
      (await run({ expect: 'promoted' })).code,
      (await run({ strict: true })).code,
    ]).toEqual([0, 1, 1]);
  });

  test('what was expected and did not come is said on standard error', async () => {
    expect((await run({ expect: 'promoted' })).error).toBe('--expect promoted: 1 of 1 releases ended otherwise\n');
    expect((await run({ strict: true })).error).toBe('--strict: 1 warning\n');
    writeFileSync(
      join(folder, 'broken.yaml'),
      templateYaml([successRate(), '{name: odd, thresholdRange: {min: 1}, provider: {prometheus: {query: "sum(rte(a[5s]))"}}}'], '10s'),
    );
    const broken = await run({ expect: 'rolled-back', file: ['-', join(folder, 'broken.yaml')] });
    expect(broken).toMatchObject({ code: 1, error: '--expect rolled-back: cannot be told without metric odd\n' });
    expect(broken.out).toContain('\nWITHOUT odd: could not be played');
  });

  test('what is wrong goes to standard error, one line each, exit code 2', async () => {
    expect(await run({ output: 'yaml', rps: 'many', fromStable: true })).toEqual({
      code: 2,
      out: '',
      error: [
        '--rps many: must be a number of requests a second, 0 to 1000000',
        '-o yaml: must be one of table, wide, json',
        '--from-stable: the release is as good as stable; leave out --error-rate, --p99, --crash-loop and --never-ready',
        '',
      ].join('\n'),
    });
    const missing = join(folder, 'nothing.yaml');
    expect(await run({ file: ['-', missing] })).toMatchObject({ code: 2, out: '', error: expect.stringContaining(`${missing}: ENOENT`) });
    expect(await run({}, 'a: \u001b[2J[')).toMatchObject({ code: 2, out: '', error: expect.not.stringContaining('\u001b') });
  });
});

describe('flags', () => {
  const file = ['x.yaml'];
  const settingsOf = (flags: Flags) => {
    const wishes = readFlags({ file, ...flags });
    return wishes.ok ? wishes.value : wishes.failure;
  };

  test('shares, durations and versions', () => {
    expect(settingsOf({ errorRate: '5%', p99: '800ms', startTime: '20s', stableErrorRate: '0.001', stableP99: '0.2s' })).toMatchObject({
      settings: { release: { errorRate: 0.05, p99Ms: 800, startMs: 20_000 }, stable: { errorRate: 0.001, p99Ms: 200, startMs: 20_000 } },
    });
  });

  test('clients outside the mesh are a share of all', () => {
    expect(settingsOf({ unmeshed: '5%' })).toMatchObject({ settings: { unmeshedShare: 0.05, perSecond: 50 } });
    expect(settingsOf({ unmeshed: '120%' })).toEqual([expect.stringContaining('--unmeshed 120%: must be a share of the requests')]);
  });

  test('a release that is slow, or crashes, fails as much as stable; one of which nothing is said fails 5 %', () => {
    expect(settingsOf({ p99: '2s' })).toMatchObject({ settings: { release: { errorRate: 0 } }, isUndescribed: false });
    expect(settingsOf({ crashLoop: true })).toMatchObject({ settings: { release: { errorRate: 0, isCrashLooping: true } } });
    expect(settingsOf({})).toMatchObject({ settings: { release: { ...goodQuality, errorRate: 0.05 } }, isUndescribed: true });
    expect(settingsOf({ fromStable: true })).toMatchObject({ settings: { release: 'stable' } });
  });

  test.each([
    [{ errorRate: '5 percent' }, '--error-rate 5 percent: must be a share of the requests, such as 5% or 0.05'],
    [{ errorRate: '101%' }, '--error-rate 101%: must be a share of the requests, such as 5% or 0.05'],
    [{ p99: '800' }, '--p99 800: must be a duration, such as 800ms or 20s'],
    [{ mesh: 'kuma' }, expect.stringMatching(/^--mesh kuma: must be one of linkerd, /)],
    [{ file: [] }, expect.stringMatching(/^-f FILE: is required/)],
    [{ file: ['-', '-'] }, '-f -: standard input can be read once'],
    [{ crashLoop: true, neverReady: true }, '--crash-loop and --never-ready exclude each other'],
  ])('%j is refused', (flags, problem) => {
    expect(settingsOf(flags)).toEqual([problem]);
  });
});
