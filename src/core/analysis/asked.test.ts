import { expect, test } from 'vitest';
import { askedText } from './asked.ts';
import type { ResolvedProvider } from './question.ts';
import { aRun, aSubject, drive, good, inOrder, seconds } from './testing/builders.ts';

const subject = { namespace: 'shop', workload: 'web-2', service: 'web-2', rootService: 'web', split: 'web' };
const headers = [{ key: 'Authorization', parts: [{ secret: { name: 'prom', key: 'token' } }] }];
const prometheus = { kind: 'prometheus', query: 'up', timeoutMs: 1, headers } as const;

test.each<[ResolvedProvider, string]>([
  [prometheus, 'up'],
  [{ ...prometheus, countQuery: 'all' }, 'up; requests: all'],
  [
    { kind: 'prometheusBuiltin', builtin: 'p99', mesh: 'auto', subject, windowMs: 60_000, timeoutMs: 1, headers },
    'builtin p99 of Deployment web-2 over 1m',
  ],
  [
    { kind: 'trafficMetrics', value: 'p90', resource: 'deployments', subject, windowMs: 30_000 },
    'TrafficMetrics p90 of deployments/web-2 over 30s',
  ],
  [
    { kind: 'trafficMetrics', value: 'requests', resource: 'trafficsplits', subject, windowMs: 30_000 },
    'TrafficMetrics requests of trafficsplits/web, backend web-2 over 30s',
  ],
  [{ kind: 'web', url: 'http://web.example/a', method: 'POST', path: [], timeoutMs: 1, headers }, 'POST http://web.example/a'],
  [{ kind: 'comparison', canary: prometheus, stable: { ...prometheus, query: 'down' } }, 'canary: up; stable: down'],
])('what was asked, without its headers', (provider, text) => {
  expect(askedText(provider)).toBe(text);
});

test('the status of a run says what was asked last', () => {
  const metrics = [{ provider: { prometheus: { query: 'sum(rate(a{pod=~"{{args.canaryWorkload}}-.*"}[{{args.window}}]))' } } }];
  const { first } = drive(aRun({ metrics, rollout: {} }), inOrder(good), { subject: () => aSubject(), forMs: seconds(45) });
  expect(first.query).toBe('sum(rate(a{pod=~"web-7c9d2f41aa-.*"}[40s]))');
});
