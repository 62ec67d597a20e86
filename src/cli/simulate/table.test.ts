import { expect, test } from 'vitest';
import { finding } from './findings.ts';
import { type Report, spread } from './report.ts';
import { renderReport, timeText } from './table.ts';

const style = { width: 100, hasColour: false, isUnicode: true };
const version = { errorRate: 0.05, p99Ms: 100, startSeconds: 2, crashLoop: false, neverReady: false };
const requests = (failed: readonly number[]) => ({
  ...{
    total: spread([12_000]),
    reached: spread([1_200]),
    failed: spread(failed),
    failedPercent: spread(failed.map((count) => count / 120)),
  },
  lost: spread([0]),
});

const report: Report = {
  rollout: { namespace: 'shop', name: 'web' },
  ...{ mesh: 'linkerd', requestsPerSecond: 50, seeds: { first: 1, count: 4 }, stable: { ...version, errorRate: 0 } },
  release: {
    ...version,
    endings: { promoted: 1, rolledBack: 3, undecided: 0 },
    caught: {
      ...{ seeds: 3, afterSeconds: spread([41.2, 53, 3_725]) },
      at: [
        { weight: 10, step: '2/4 pause', seeds: 2 },
        { weight: 50, step: '4/4 pause', seeds: 1 },
      ],
      by: [{ reason: 'AnalysisFailed', metrics: ['success-rate'], seeds: 3 }],
    },
    promotedAfterSeconds: spread([630]),
    requests: requests([11, 60, 240]),
  },
  good: {
    endings: { promoted: 4, rolledBack: 0, undecided: 0 },
    caught: null,
    promotedAfterSeconds: spread([620, 621]),
    requests: requests([0]),
  },
  leftOut: [],
  warnings: [finding('NoAnalysis', 'the Rollout has no analysis: only pods that are not ready, or crash, roll a release back')],
  notes: [],
  assumptions: ['50 requests a second from clients inside the mesh', 'Prometheus scrapes every 15s'],
  runs: [
    {
      seed: 1,
      release: {
        ...{ ending: 'rolledBack', afterSeconds: 42, waitsFor: null, requests: { total: 12_000, reached: 1_200, failed: 60, lost: 0 } },
        caught: {
          afterSeconds: 41.2,
          weight: 10,
          step: '2/4 pause',
          reason: 'AnalysisFailed',
          metrics: ['success-rate'],
          message: 'failed',
        },
      },
      good: {
        ending: 'promoted',
        afterSeconds: 620,
        caught: null,
        waitsFor: null,
        requests: { total: 12_000, reached: 6_000, failed: 0, lost: 0 },
      },
    },
  ],
};

test('a report for people', () => {
  expect(`\n${renderReport(report, { style, isWide: true }).join('\n')}\n`).toMatchInlineSnapshot(`
    "
    Rollout shop/web   linkerd, 50 requests/s, seeds 1 to 4
    a release that fails 5 % of its requests

    WOULD IT BE CAUGHT? in 3 of 4 releases; 1 promoted
      when        53s (median), 1h02m (worst) after the release
      where       at 10 % of the traffic, step 2/4 pause, in 2 of 4
                  at 50 % of the traffic, step 4/4 pause, in 1 of 4
      by          success-rate (AnalysisFailed)
      promoted    in 1 of 4, after 10m30s
      failed      60 (median), 240 (worst) requests: 0.5 % to 2 % of all until then
      reached     1,200 requests got the new version
      lost        no request was left without an endpoint

    A GOOD RELEASE is promoted in all 4
      takes       10m20s (median), 10m21s (worst)
      by mistake  rolled back in 0 of 4
      lost        no request was left without an endpoint

    WARNINGS
      NoAnalysis: the Rollout has no analysis: only pods that are not ready, or crash, roll a release
        back
        Add strategy.canary.analysis with a template.

      SEED  RELEASE  ENDED           AFTER   FAILED  WHERE AND BY WHAT
         1  release  rolled back       41s       60  10 % 2/4 pause success-rate
         1  good     promoted       10m20s        0

    Assumed: 50 requests a second from clients inside the mesh; Prometheus scrapes every 15s.
    "
  `);
});

test('a narrow terminal, and colours, change no words', () => {
  const plain = (line: string) =>
    line
      .split('\x1b[')
      .map((piece, index) => (index === 0 ? piece : piece.slice(piece.indexOf('m') + 1)))
      .join('');
  const words = (lines: readonly string[]) => lines.map(plain).join(' ').split(/\s+/).join(' ');
  const narrow = renderReport(report, { style: { ...style, width: 60 }, isWide: false });
  expect(Math.max(...narrow.map((line) => line.length))).toBeLessThanOrEqual(60);
  expect(words(narrow)).toBe(words(renderReport(report, { style, isWide: false })));
  const coloured = renderReport(report, { style: { ...style, hasColour: true }, isWide: true });
  expect(words(coloured)).toBe(words(renderReport(report, { style, isWide: true })));
});

test('times as people say them', () => {
  expect([0.4, 59, 61, 3_661, 90_000, 172_800].map(timeText)).toEqual(['0s', '59s', '1m01s', '1h01m', '1d1h', '2d0h']);
});
