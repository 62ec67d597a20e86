import type { Metrics } from '../../../src/sandbox/metrics.ts';
import type { PlannedFault } from '../play/plan.ts';
import type { Fault } from '../play/run.ts';
import { atAnyTime, between, during, harmless, numberOf, onceStruck, oneOf, textOf } from './kit.ts';
import { strikingQuestions } from './questions.ts';

const prometheus = strikingQuestions(({ prometheus: { faults } }) => faults);

/** What goes wrong before a question is asked: between the proxies and Prometheus. */
const scraping = (name: string, text: string, begin: (metrics: Metrics, planned: PlannedFault, hit: () => void) => () => void): Fault => ({
  ...{ name, kind: 'F12', text, mayAbort: true },
  suits: ({ sandbox }) => sandbox.metrics !== null,
  draw: (random, size) => ({ at: atAnyTime(random, size), with: { forMs: between(random, 10_000, 90_000) } }),
  arm(planned, run) {
    during(planned, run, () => {
      const { metrics } = run.sandbox;
      return metrics === undefined ? undefined : begin(metrics, planned, onceStruck(planned, run));
    });
  },
});

export const prometheusFaults: readonly Fault[] = [
  prometheus('prometheus-down', 'nobody listens', () => ({ kind: 'down' })),
  prometheus('prometheus-silent', 'it takes the connection and never answers', () => ({ kind: 'silent' })),
  prometheus(
    'prometheus-5xx',
    'it answers 500, 502 or 503',
    (planned) => ({ kind: 'status', status: numberOf(planned, 'status', 503), body: 'upstream connect error' }),
    (random) => ({ status: oneOf(random, [500, 502, 503]) }),
  ),
  prometheus(
    'prometheus-429',
    'it has too many questions, and says when to come back, or does not',
    (planned) => ({ kind: 'status', status: 429, body: 'too many requests', ...retryAfter(planned) }),
    (random) => ({ retryAfter: oneOf(random, [0, 5, 30]) }),
  ),
  prometheus(
    'prometheus-slow',
    'it answers later than a question waits, or nearly so',
    (planned) => ({ kind: 'slow', delayMs: numberOf(planned, 'delayMs', 12_000) }),
    (random) => ({ delayMs: between(random, 2_000, 30_000) }),
  ),
  prometheus('prometheus-nan', 'every number is NaN', () => ({ kind: 'value', next: () => Number.NaN })),
  prometheus(
    'prometheus-infinite',
    'every number is infinite, of one sign or the other',
    (planned) => ({ kind: 'value', next: () => numberOf(planned, 'sign', 1) * Number.POSITIVE_INFINITY }),
    (random) => ({ sign: oneOf(random, [1, -1]) }),
  ),
  prometheus('prometheus-empty', 'no series match', () => ({ kind: 'empty' })),
  prometheus('prometheus-two-series', 'each series comes twice, told apart by a label', () => ({ kind: 'twoSeries' })),
  prometheus(
    'prometheus-type',
    'the answer is a string, a matrix, a scalar or a histogram',
    (planned) => ({ kind: 'type', type: typeOf(planned) }),
    (random) => ({ type: oneOf(random, ['string', 'matrix', 'scalar', 'histogram']) }),
  ),
  harmless(
    prometheus('prometheus-notes', 'warnings and infos come with the answer', () => ({
      ...{ kind: 'notes', warnings: ['exceeded the lookback'], infos: ['metric might not be a counter'] },
    })),
  ),
  prometheus(
    'prometheus-old',
    'answers come out of a cache: numbers and times from before the step',
    (planned) => ({ kind: 'old', ageMs: numberOf(planned, 'ageMs', 60_000) }),
    (random) => ({ ageMs: between(random, 20_000, 300_000) }),
  ),
  prometheus('prometheus-garbage', 'the answer is no JSON', () => ({ kind: 'garbage' })),
  prometheus('prometheus-truncated', 'the connection breaks in the middle of the answer', () => ({ kind: 'truncated' })),
  prometheus('prometheus-huge', 'the answer is longer than anybody reads', () => ({ kind: 'huge', bytes: 400_000 })),
  prometheus('prometheus-flaps', 'the value jumps to and fro over the threshold', () => {
    let count = 0;
    return {
      kind: 'value',
      next: () => {
        count += 1;
        return count % 2 === 0 ? 0.989 : 0.991;
      },
    };
  }),
  scraping('scrapes-fail', 'the targets are down for Prometheus: all series end', ({ scraper }, _, hit) =>
    scraper.faults.add({ kind: 'down' }, { strikes: () => struck(hit) }),
  ),
  scraping('scrapes-skipped', 'Prometheus is too busy to scrape: nothing is written, nothing ends', ({ scraper }, _, hit) =>
    scraper.faults.add({ kind: 'skipped' }, { strikes: () => struck(hit) }),
  ),
  scraping('scrapes-partial', 'a part of the lines is missing', ({ scraper }, _, hit) =>
    scraper.faults.add(
      { kind: 'partial', omits: ({ labels }) => hashOf(JSON.stringify(labels)) % 2 === 0 },
      { strikes: () => struck(hit) },
    ),
  ),
  scraping('counters-reset', 'all counters begin anew at their next scrape', ({ scraper }, _, hit) => {
    const seen = new Set<unknown>();
    return scraper.faults.add(
      { kind: 'skipped' },
      {
        strikes(target) {
          if (!seen.has(target)) {
            seen.add(target);
            scraper.resetCounters(target);
            hit();
          }
          return false;
        },
      },
    );
  }),
];

const retryAfter = (planned: PlannedFault): { readonly retryAfter?: string } => {
  const seconds = numberOf(planned, 'retryAfter', 0);
  return seconds === 0 ? {} : { retryAfter: String(seconds) };
};

function typeOf(planned: PlannedFault): 'string' | 'matrix' | 'scalar' | 'histogram' {
  const type = textOf(planned, 'type', 'string');
  return type === 'matrix' || type === 'scalar' || type === 'histogram' ? type : 'string';
}

function struck(hit: () => void): true {
  hit();
  return true;
}

/** The same lines are missing each time. */
const hashOf = (text: string): number => [...text].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 65_521, 7);
