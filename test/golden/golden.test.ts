import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { plan } from '../../src/core/planner.ts';
import type { World } from '../../src/core/world.ts';
import { situations } from './situations.ts';

/** Recorded worlds, and what is planned in them. GOLDEN=update records them anew; the diff is then to be read, line by line. */

interface Recorded {
  readonly world: World;
  readonly plan: unknown;
}

const folder = import.meta.dirname;
const fileOf = (index: number, name: string): string => `${String(index + 1).padStart(4, '0')}-${name}.json`;
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

if (process.env.GOLDEN === 'update') {
  for (const [index, [name, builder]] of situations.entries()) {
    const recorded = { world: builder.build(), plan: plan(builder.build()) };
    writeFileSync(join(folder, fileOf(index, name)), `${JSON.stringify(recorded, null, 2)}\n`);
  }
}

const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

describe('recorded worlds', () => {
  test('are those of the situations', () => expect(files).toEqual(situations.map(([name], index) => fileOf(index, name))));
  test.each(files)('%s', (file) => {
    const { world, plan: wanted } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Recorded;
    expect(asJson(plan(world))).toEqual(wanted);
  });
});
