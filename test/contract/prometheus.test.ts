import { seededRandom, VirtualClock } from '../../src/lib/index.ts';
import { createPrometheusApi } from '../../src/sandbox/prometheus/api.ts';
import { TimeSeriesStore } from '../../src/sandbox/prometheus/store.ts';
import { fixtureNames, seriesOf } from './prometheus/fixtures.ts';
import { describePrometheus } from './prometheus.contract.ts';

const store = new TimeSeriesStore();
for (const { labels, samples } of fixtureNames.flatMap(seriesOf)) {
  for (const { atMs, value } of samples) {
    if (value === 'stale') store.markStale(labels, atMs);
    else store.append(labels, atMs, value);
  }
}
const api = createPrometheusApi({ store, clock: new VirtualClock(), random: seededRandom(1) });

describePrometheus('the sandbox', () => ({
  ask: async (path, form) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = api.answer({ method: 'POST', url: path, headers, body: form.toString() });
    if (answer.kind !== 'reply') throw new Error(answer.kind);
    return { status: answer.status, body: JSON.parse(answer.body) };
  },
}));
