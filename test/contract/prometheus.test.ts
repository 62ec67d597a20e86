import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { seededRandom, VirtualClock } from '../../src/lib/index.ts';
import type { PortRequest } from '../../src/sandbox/http-port.ts';
import { createPrometheusApi, TimeSeriesStore } from '../../src/sandbox/prometheus/index.ts';
import { fixtureNames, seriesOf } from './prometheus/fixtures.ts';
import { situations } from './prometheus/situations.ts';
import { readTables } from './prometheus/table.ts';
import { describePrometheus } from './prometheus.contract.ts';

const store = new TimeSeriesStore();
for (const { labels, samples } of fixtureNames.flatMap(seriesOf)) {
  for (const { atMs, value } of samples) {
    if (value === 'stale') store.markStale(labels, atMs);
    else store.append(labels, atMs, value);
  }
}
const api = createPrometheusApi({ store, clock: new VirtualClock(), random: seededRandom(1) });

const answerTo = (request: PortRequest) => {
  const answer = api.answer(request);
  if (answer.kind !== 'reply') throw new Error(answer.kind);
  return { status: answer.status, body: JSON.parse(answer.body) };
};

describePrometheus('the sandbox', () => ({
  get: async (url) => answerTo({ method: 'GET', url }),
  ask: async (url, form) =>
    answerTo({ method: 'POST', url, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: form.toString() }),
}));

const args: Readonly<Record<string, string>> = {
  ...{ namespace: 'shop', service: 'web', canaryService: 'web-2', canaryWorkload: 'web-2' },
  window: '1m',
};

/** Every query of the ready-made templates, for the canary of the situations. */
const templateQueries = readdirSync('analysis-templates').flatMap((file) => {
  const documents = parseAllDocuments(readFileSync(`analysis-templates/${file}`, 'utf8')).map((document) =>
    JSON.stringify(document.toJS()),
  );
  const queries = documents.flatMap((text) =>
    [...text.matchAll(/"(?:query|countQuery)":("(?:[^"\\]|\\.)*")/g)].map(([, quoted]) => quoted),
  );
  return queries.map((quoted) => String(JSON.parse(quoted ?? '')).replace(/\{\{args\.(\w+)\}\}/g, (_, name: string) => args[name] ?? ''));
});

it('asks every query of the ready-made templates in every situation', () => {
  const asked = new Set(readTables().flatMap(({ rows }) => rows.map(({ fixture, query }) => `${fixture} ${query}`)));
  const wanted = Object.keys(situations).flatMap((situation) => templateQueries.map((query) => `${situation} ${query}`));
  expect(templateQueries.length).toBeGreaterThan(20);
  expect(wanted.filter((row) => !asked.has(row))).toEqual([]);
});
