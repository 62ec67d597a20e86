// The report for people. Pure: plain data in, lines out.
import { counted, type Line, paint, type Style, span, type Tone, wrap } from '../demo/text.ts';
import type { Finding } from './findings.ts';
import { qualityText } from './quality.ts';
import type { CaughtReport, PlayedReport, ReleaseReport, Report, Spread, VersionReport } from './report.ts';

export interface TableOptions {
  readonly style: Style;
  /** A line for each seed, too. */
  readonly isWide: boolean;
}

export const renderReport = (report: Report, { style, isWide }: TableOptions): readonly string[] =>
  [
    ...heading(report),
    [],
    ...(report.release === null ? [] : [...released(report, report.release), []]),
    ...good(report),
    ...findingLines(report, style),
    ...(isWide ? [[], ...seedLines(report)] : []),
    [],
    ...assumptionLines(report, style),
  ]
    .flatMap((line) => fold(line, style))
    .map((line) => paint(line, style));

function heading({ rollout, release, stable, seeds, mesh, requestsPerSecond, leftOut }: Report): readonly Line[] {
  const last = seeds.first + seeds.count - 1;
  const runs = seeds.count === 1 ? `seed ${seeds.first}` : `seeds ${seeds.first} to ${last}`;
  return [
    [span(`Rollout ${rollout.namespace}/${rollout.name}`, 'strong'), span(`   ${mesh}, ${requestsPerSecond} requests/s, ${runs}`, 'faint')],
    ...(release === null ? [] : [[span(`a release that ${qualityText(qualityOf(release), qualityOf(stable))}`)]]),
    ...(leftOut.length === 0
      ? []
      : [[span(`WITHOUT ${leftOut.join(', ')}: could not be played, and a controller may end every release by it`, 'bad' as const)]]),
  ];
}

const qualityOf = ({ errorRate, p99Ms, startSeconds, crashLoop, neverReady }: VersionReport) => ({
  ...{ errorRate, p99Ms, startMs: startSeconds * 1_000, isCrashLooping: crashLoop, isNeverReady: neverReady },
});

const labelColumns = 14;
const row = (label: string, text: string, tone: Tone = 'plain'): Line => [
  span(`  ${label}`.padEnd(labelColumns), 'faint'),
  span(text, tone),
];

/** A row whose text is too long for the terminal goes on below it. */
function fold(line: Line, { width }: Style): readonly Line[] {
  const [label, text, ...others] = line;
  if (label?.text.length !== labelColumns || text === undefined || others.length > 0) return [line];
  const parts = wrap(text.text, Math.max(20, width - labelColumns));
  return parts.map((part, index) => [index === 0 ? label : span(' '.repeat(labelColumns)), span(part, text.tone)]);
}

function released({ seeds: { count } }: Report, release: ReleaseReport): readonly Line[] {
  const { endings, caught, requests } = release;
  const tone: Tone = endings.rolledBack === count ? 'good' : 'bad';
  return [
    [span('WOULD IT BE CAUGHT? ', 'strong'), span(verdict(endings, count), tone)],
    ...(caught === null ? [] : caughtLines(caught, count)),
    ...(endings.promoted === 0
      ? []
      : [row('promoted', `in ${ofSeeds(endings.promoted, count)}, after ${spreadText(release.promotedAfterSeconds, timeText)}`, 'bad')]),
    row(
      'failed',
      `${spreadText(requests.failed, counted)} requests: ${spreadText(requests.failedPercent, percentText, false)} of all until then`,
    ),
    row('reached', `${spreadText(requests.reached, counted)} requests got the new version`),
    lostRow(requests.lost),
  ];
}

function verdict({ rolledBack, promoted, undecided }: ReleaseReport['endings'], count: number): string {
  if (rolledBack === count) return `yes${count === 1 ? '' : `, in all ${count} releases`}`;
  const rest = [...(promoted > 0 ? [`${promoted} promoted`] : []), ...(undecided > 0 ? [`${undecided} waiting for a person`] : [])].join(
    ', ',
  );
  return rolledBack === 0 ? `no: ${rest}` : `in ${rolledBack} of ${count} releases; ${rest}`;
}

function caughtLines({ seeds, afterSeconds, at, by }: CaughtReport, count: number): readonly Line[] {
  return [
    row('when', `${spreadText(afterSeconds, timeText)} after the release`),
    ...byWeight(at).map(([weight, places], index) =>
      row(
        index === 0 ? 'where' : '',
        `${weight === 0 ? 'before it had any traffic' : `at ${weight} % of the traffic`}, step ${places.map((place) => `${place.step}${share(place.seeds, seeds, count)}`).join('; step ')}`,
      ),
    ),
    ...by.map(({ reason, metrics, seeds: there }, index) =>
      row(index === 0 ? 'by' : '', `${metrics.length === 0 ? reason : `${metrics.join(', ')} (${reason})`}${share(there, seeds, count)}`),
    ),
  ];
}

type Places = CaughtReport['at'];

const byWeight = (at: Places): readonly (readonly [number, Places])[] =>
  [...new Set(at.map(({ weight }) => weight))].map((weight) => [weight, at.filter((place) => place.weight === weight)]);

/** Said where it is not all of them. */
const share = (there: number, caught: number, count: number): string => (there === caught ? '' : `, in ${ofSeeds(there, count)}`);
const ofSeeds = (some: number, count: number): string => `${some} of ${count}`;

function good({ good: { endings, caught, promotedAfterSeconds, requests }, seeds: { count }, release }: Report): readonly Line[] {
  const title = release === null ? 'A RELEASE AS GOOD AS STABLE ' : 'A GOOD RELEASE ';
  const isFine = endings.promoted === count;
  return [
    [
      span(title, 'strong'),
      span(
        isFine ? `is promoted${count === 1 ? '' : ` in all ${count}`}` : `is promoted in ${ofSeeds(endings.promoted, count)}`,
        isFine ? 'good' : 'bad',
      ),
    ],
    row('takes', promotedAfterSeconds === null ? 'no time: it never gets there' : spreadText(promotedAfterSeconds, timeText)),
    row(
      'by mistake',
      `rolled back in ${ofSeeds(endings.rolledBack, count)}${endings.undecided === 0 ? '' : `, waiting for a person in ${endings.undecided}`}`,
      endings.rolledBack === 0 ? 'plain' : 'bad',
    ),
    ...(caught === null ? [] : caughtLines(caught, count)),
    ...(requests.failed.worst === 0 ? [] : [row('failed', `${spreadText(requests.failed, counted)} requests`)]),
    lostRow(requests.lost),
  ];
}

const lostRow = (lost: Spread): Line =>
  row(
    'lost',
    lost.worst === 0 ? 'no request was left without an endpoint' : `${spreadText(lost, counted)} requests were left without an endpoint`,
    lost.worst === 0 ? 'plain' : 'bad',
  );

/** `12s (median), 14s (p90), 15s (worst)`; where all are alike, once. */
function spreadText(spread: Spread | null, text: (value: number) => string, isNamed = true): string {
  if (spread === null) return '-';
  const [median, p90, worst] = [spread.median, spread.p90, spread.worst].map(text);
  if (median === worst) return median ?? '';
  if (!isNamed) return `${median} to ${worst}`;
  return p90 === worst ? `${median} (median), ${worst} (worst)` : `${median} (median), ${p90} (9 of 10), ${worst} (worst)`;
}

const percentText = (percent: number): string => `${Number(percent.toPrecision(2))} %`;

/** `12s`, `4m10s`, `2h05m`, `3d4h`. */
export function timeText(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 60) return `${whole}s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 1_440) return `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`;
  return `${Math.floor(minutes / 1_440)}d${Math.round((minutes % 1_440) / 60)}h`;
}

function findingLines({ warnings, notes }: Report, style: Style): readonly Line[] {
  const lines = (title: string, tone: Tone, findings: readonly Finding[]): readonly Line[] =>
    findings.length === 0
      ? []
      : [
          [],
          [span(title, 'strong')],
          ...findings.flatMap((each) => [...bullet(each.reason, each.message, { tone, style }), ...indented(each.remedy, style)]),
        ];
  return [...lines('WARNINGS', 'bad', warnings), ...lines('WORTH KNOWING', 'busy', notes)];
}

function bullet(head: string, text: string, { tone, style }: { readonly tone: Tone; readonly style: Style }): readonly Line[] {
  const [first = '', ...rest] = wrap(`${head}: ${text}`, Math.max(20, style.width - 2));
  return [
    [span('  '), span(first.slice(0, head.length), tone), span(first.slice(head.length))],
    ...rest.map((line): Line => [span(`    ${line}`)]),
  ];
}

const indented = (text: string, style: Style): readonly Line[] =>
  wrap(text, Math.max(20, style.width - 4)).map((line): Line => [span(`    ${line}`, 'faint')]);

const assumptionLines = ({ assumptions }: Report, style: Style): readonly Line[] =>
  wrap(`Assumed: ${assumptions.join('; ')}.`, style.width).map((line): Line => [span(line, 'faint')]);

function seedLines({ runs }: Report): readonly Line[] {
  const cells = (seed: string, what: string, ending: string, after: string, failed: string, why: string): string =>
    `${seed.padStart(6)}  ${what.padEnd(8)} ${ending.padEnd(12)} ${after.padStart(8)} ${failed.padStart(8)}  ${why}`;
  const line = (seed: number, what: string, played: PlayedReport): Line => {
    const { ending, afterSeconds, caught, waitsFor, requests } = played;
    const why =
      caught === null ? (waitsFor?.message ?? '') : `${caught.weight} % ${caught.step} ${caught.metrics.join(', ') || caught.reason}`;
    return [
      span(cells(String(seed), what, endingText[ending], timeText(caught?.afterSeconds ?? afterSeconds), counted(requests.failed), why)),
    ];
  };
  return [
    [span(cells('SEED', 'RELEASE', 'ENDED', 'AFTER', 'FAILED', 'WHERE AND BY WHAT'), 'strong')],
    ...runs.flatMap(({ seed, release, good: played }) => [
      ...(release === null ? [] : [line(seed, 'release', release)]),
      line(seed, 'good', played),
    ]),
  ];
}

const endingText = { promoted: 'promoted', rolledBack: 'rolled back', undecided: 'undecided' } as const;
