// docs/metrics.md and the metrics of the controller, in step both ways: each is explained, in its own words, and nothing else is.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { Telemetry } from '../src/controller/telemetry.ts';

const page = readFileSync(resolve(import.meta.dirname, '../docs/metrics.md'), 'utf8');

test('the page names every metric with its labels and its help, and no other', async () => {
  const telemetry = new Telemetry({ queueLength: () => 0, isLeader: () => true, isApiReachable: () => true });
  telemetry.observed('shop/web', { phase: 'Healthy' } as Parameters<Telemetry['observed']>[1]);
  telemetry.failed('conflict');
  const metrics = await telemetry.registry.getMetricsAsJSON();
  const rows = metrics.map(({ name, help, values }) => {
    const labels = Object.keys(values[0]?.labels ?? {}).map((label) => `\`${label}\``);
    return `| \`${name}\` | ${labels.length === 0 ? '' : `${labels.join(', ')} `}| ${help} |`;
  });
  expect(
    page
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .toSorted(),
  ).toEqual(rows.toSorted());
});
