// The series that the rows of the contract ask about. Each fixture has a stretch of time of its own on the one server.
import { type LoadedSeries, readSeries } from './notation.ts';
import { type SituationName, seriesOfSituation, situations } from './situations.ts';

/** 2026-01-01T00:00:00Z. */
const epochMs = 1_767_225_600_000;
const stretchMs = 10 * 60_000;

interface Fixture {
  readonly intervalMs: number;
  readonly series: readonly string[];
}

const fixtures = {
  // Steady and broken counters, gauges, everything that is no number.
  basic: {
    intervalMs: 15_000,
    series: [
      'hits_total{job="a",instance="1",code="200"} 0+30x20',
      'hits_total{job="a",instance="1",code="500"} 0+3x20',
      'hits_total{job="a",instance="2",code="200"} 100+15x20',
      'hits_total{job="b",instance="1",code="200"} 7+0x20',
      'reset_total 10 40 70 5 35 65 2 3',
      'zero_total 0+10x10',
      'young_total _x8 3 13 23',
      'once_total _x10 5',
      'gone_total 1+1x6 stale',
      'back_total 1+1x4 stale _x2 50+10x5',
      'temperature{room="hall"} 20 21 19 -3 4.5 22 18 18 18 30 1e-9',
      'temperature{room="attic"} 30 31 NaN 33 Inf 35 -Inf 36 37 38 39',
      'temperature{room="cellar"} 12x10',
      'flag{room="hall"} 1x10',
      'flag{room="attic"} 0x10',
      'info{room="hall",floor="0",colour="red"} 1x10',
      'info{room="attic",floor="2"} 1x10',
      'pods{workload="web",pod="web-1"} 1x10',
      'pods{workload="web",pod="web-2"} 2x10',
      'pods{workload="web",pod="web-3"} 3x10',
      'pods{workload="api",pod="api-1"} 5x10',
      'limit{workload="web"} 10x10',
      'limit{workload="api"} 4x10',
      'huge 1e300 1e21 123456789012345680000 1e-7 0.000001 5e-324 -0.1 1e22',
      'ties{n="1"} 5x10',
      'ties{n="2"} 5x10',
      'ties{n="3"} 5x10',
      'ties{n="4"} 1x10',
      'ties{n="5"} 5x10',
      'ties{n="6"} NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN',
      'strange{path="/a/b\\\\c",quote="\\"x\\"",text="äö\\n"} 1x10',
      'colon:rate1m{job="a"} 3x10',
    ],
  },
  // Classic histograms: whole, without +Inf, falling, with one bucket, with bounds that are no numbers.
  histograms: {
    intervalMs: 15_000,
    series: [
      ...['0.1 0+5x20', '0.3 0+20x20', '1.2 0+29x20', '5 0+30x20', '+Inf 0+30x20'].map(bucket('latency_bucket', 'job="a"')),
      ...['0.1 0+1x20', '0.3 0+2x20', '1.2 0+3x20', '5 0+4x20', '+Inf 0+10x20'].map(bucket('latency_bucket', 'job="b"')),
      ...['10 0+5x20', '20 0+9x20'].map(bucket('open_bucket', 'job="a"')),
      ...['10 0+9x20', '20 0+5x20', '+Inf 0+10x20'].map(bucket('falling_bucket', 'job="a"')),
      ...['+Inf 0+10x20'].map(bucket('single_bucket', 'job="a"')),
      ...['1 0+4x20', '1.0 0+4x20', 'x 0+9x20', '+Inf 0+10x20'].map(bucket('odd_bucket', 'job="a"')),
      ...['-5 0+4x20', '0 0+6x20', '+Inf 0+10x20'].map(bucket('negative_bucket', 'job="a"')),
      ...['1 0x20', '+Inf 0x20'].map(bucket('quiet_bucket', 'job="a"')),
      'latency_sum{job="a"} 0+12.5x20',
      'latency_count{job="a"} 0+30x20',
    ],
  },
  // Scrapes that come late, early, and not at all.
  ragged: {
    intervalMs: 1_000,
    series: [
      'late_total 0 _x14 10 _x19 20 _x9 30 _x15 41 _x12 50',
      'burst_total 0 1 3 3 3 3 8 _x30 20 21 22',
      'edge_total 0 _x59 60 _x59 120',
      'close_total _x5 100 _x9 110 _x9 120 _x9 130 _x9 140 _x9 150',
      'fast_total 0+1x90',
      'twice_total 100 _x9 50 _x9 75 _x9 10 _x9 20',
    ],
  },
} satisfies Readonly<Record<string, Fixture>>;

type WrittenName = keyof typeof fixtures;
export type FixtureName = WrittenName | SituationName;

/** In the order of their stretches: a situation's name comes after those that were written by hand. */
export const fixtureNames = [...Object.keys(fixtures), ...Object.keys(situations)] as readonly FixtureName[];

export const startMsOf = (name: FixtureName): number => epochMs + fixtureNames.indexOf(name) * stretchMs;

const isWritten = (name: FixtureName): name is WrittenName => name in fixtures;

export function seriesOf(name: FixtureName): readonly LoadedSeries[] {
  if (!isWritten(name)) return seriesOfSituation(name, startMsOf(name));
  const { series, intervalMs }: Fixture = fixtures[name];
  return series.map((text) => readSeries(text, startMsOf(name), intervalMs));
}

function bucket(name: string, labels: string): (text: string) => string {
  return (text) => {
    const [bound, ...values] = text.split(' ');
    return `${name}{${labels},le="${bound}"} ${values.join(' ')}`;
  };
}
