import { expect, test } from 'vitest';
import { RequestLedger } from '../../requests.ts';
import { exposedNames, meshTargets } from '../dialects/index.ts';
import { selectorsOf } from './selectors.ts';

const textOf = (query: string) => {
  const found = selectorsOf(query);
  return found.ok
    ? found.value.map((selector) => selector.map(({ name, op, value }) => `${name}${op}${value}`).join(','))
    : found.failure.message;
};

test('all that a query selects, wherever it stands', () => {
  expect(textOf('topk(scalar(k), -(a{x="1"})) / on (y) sum(rate(b{z!="2"}[5m])) or quantile_over_time(0.5, c[1h:1m])')).toEqual([
    '__name__=k',
    'x=1,__name__=a',
    'z!=2,__name__=b',
    '__name__=c',
  ]);
  expect(textOf('vector(1)')).toEqual([]);
});

test('what is no query is told in the words of Prometheus', () => {
  expect(textOf('sum(rate(a)')).toMatch(/^1:\d+: parse error: /);
  expect(textOf('rate(a)')).toMatch(/expected type range vector/);
});

test('a mesh can be asked what it exposes, and be told what nobody wants', () => {
  expect(exposedNames('linkerd')).toEqual([
    'response_total',
    'response_latency_ms_bucket',
    'response_latency_ms_sum',
    'response_latency_ms_count',
  ]);
  const ledger = new RequestLedger();
  const client = { kind: 'meshed', namespace: 'shop', workload: 'curl' } as const;
  const route = { namespace: 'shop', rootService: 'web', port: 80, split: undefined, backendService: 'web' };
  ledger.record({ ...route, server: { workload: 'web', pod: 'web-1' }, client, status: 200, atMs: 0, latencyMs: 5, count: 3 });
  const names = (isWanted?: (series: string) => boolean) => [
    ...new Set(meshTargets('linkerd', ledger, isWanted).flatMap((target) => target.read().map(({ name }) => name))),
  ];
  expect(names()).toEqual(exposedNames('linkerd'));
  expect(names((series) => series === 'response_total')).toEqual(['response_total']);
});
