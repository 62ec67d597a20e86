import { expect, test } from 'vitest';
import { type Logger, silentLogger, VirtualClock } from '../lib/index.ts';
import { metricOutages } from './metric-outages.ts';
import { Telemetry } from './telemetry.ts';

const outage = 'Prometheus http://prom cannot be asked: getaddrinfo ENOTFOUND prom';

function aBed() {
  const clock = new VirtualClock();
  const lines: object[] = [];
  const say = (level: string) => (fields: object, message: string) => {
    lines.push({ level, ...fields, message });
  };
  const log: Logger = { ...silentLogger, info: say('info'), warn: say('warn') };
  const telemetry = new Telemetry({ queueLength: () => 0, isLeader: () => true, isApiReachable: () => true });
  const asked = metricOutages(clock, log, telemetry);
  const ask = async (why: string | undefined, afterMs = 2_000) => {
    await clock.advance(afterMs);
    asked({ source: 'prometheus', hasFailed: why !== undefined, outage: why, isShare: true });
  };
  const failed = async (source: string) =>
    new RegExp(`^sluice_metric_questions_failed_total\\{source="${source}"\\} (\\d+)$`, 'm').exec(await telemetry.registry.metrics())?.[1];
  return { lines, ask, asked, failed };
}

test('an outage is one line when it begins and one when it is over, however often it was asked, and answered, in between', async () => {
  const { lines, ask } = aBed();
  for (const why of [undefined, outage, outage, undefined, outage, undefined]) await ask(why);
  expect(lines).toEqual([{ level: 'warn', source: 'prometheus', outage, message: 'metrics cannot confirm weights' }]);
  await ask(undefined, 60_000);
  await ask(undefined);
  expect(lines.slice(1)).toEqual([{ level: 'info', source: 'prometheus', forMs: 6_000, message: 'metrics can confirm weights again' }]);
  await ask(outage);
  expect(lines).toHaveLength(3);
});

test('every question that failed is counted by its source, those of analyses too, from 0 on', async () => {
  const { lines, ask, asked, failed } = aBed();
  expect(await failed('prometheus')).toBe('0');
  await ask(outage);
  await ask(undefined);
  asked({ source: 'prometheus', hasFailed: true, isShare: false });
  asked({ source: 'trafficMetrics', hasFailed: true, isShare: false });
  expect(await Promise.all(['prometheus', 'prometheusBuiltin', 'trafficMetrics'].map(failed))).toEqual(['2', '0', '1']);
  expect(lines).toHaveLength(1);
});
