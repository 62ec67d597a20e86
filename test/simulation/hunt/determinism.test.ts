import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { play } from '../play/play.ts';
import { hashed } from './hashes.ts';

test.each(Array.from({ length: 20 }, (_, index) => 100 + index))('seed %i is the same run a second time', async (seed) => {
  const [first, second] = [await hashed(seed), await hashed(seed)];
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  expect(second).toBe(first);
});

test('another seed is another run', async () => {
  expect(await hashed(100)).not.toBe(await hashed(101));
});

const file = new URL(`../../../node_modules/.cache/sluice/hashes-${process.pid}.mjs`, import.meta.url).pathname;

beforeAll(async () => {
  const entryPoints = [new URL('./hashes.ts', import.meta.url).pathname];
  await build({ entryPoints, outfile: file, bundle: true, platform: 'node', format: 'esm', target: 'node20', packages: 'external' });
});

afterAll(() => rmSync(file, { force: true }));

test('a run is the same in another process, in another time zone and another language', async () => {
  const seeds = [200, 201, 202, 203];
  const there = (env: Readonly<Record<string, string>>) => {
    const { stdout, stderr } = spawnSync(process.execPath, [file, ...seeds.map(String)], {
      env: { ...process.env, ...env },
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    return stdout.trim().split('\n');
  };
  const here: string[] = [];
  for (const seed of seeds) here.push(await hashed(seed));
  expect(there({ TZ: 'Pacific/Apia', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' })).toEqual(here);
  expect(there({ TZ: 'America/St_Johns', LANG: 'C', LC_ALL: 'C' })).toEqual(here);
});

test('a loop in which no time passes is found, and ended', async () => {
  const outcome = await play(
    { workload: 'promotion', seed: 1, faults: [] },
    {
      laws: [
        {
          id: 'loop',
          text: 'Goes round and round.',
          watch(run) {
            const again = (): void => void run.sim.clock.after(0, again);
            run.sim.clock.after(20_000, again);
            return {};
          },
        },
      ],
    },
  );
  expect(outcome.violations).toMatchObject([{ law: 'progress' }]);
});
