// docs/verdicts.md from the figures.
import { type Figures, largerLoss, minEffect, type TraceFigures } from './figures.ts';
import { judges } from './judges.ts';
import { type Panel, plot } from './plot.ts';
import { median, type Outcome } from './simulate.ts';
import { baseRate, windowSeconds, windows } from './traces.ts';

export interface Provenance {
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
}

const percent = (count: number, of: number): string => {
  const share = (100 * count) / of;
  return count === 0 ? '0' : share < 10 ? share.toFixed(1) : share.toFixed(0);
};
const rolledBack = ({ rollbacks, runs }: Outcome) => percent(rollbacks.length, runs);
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((_, index) => (index === 0 ? '---' : '--:')), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
const names = judges.map(({ name }) => name);

export const falseTable = (figures: readonly TraceFigures[]): string =>
  table(
    ['trace', ...names],
    figures.map(({ trace, equal, atMinEffect }) => [
      trace.name,
      ...equal.map(
        (outcome, index) => `${rolledBack(outcome)} / ${atMinEffect[index] === undefined ? '' : rolledBack(atMinEffect[index])}`,
      ),
    ]),
  );

const caught = ({ rollbacks, runs }: Outcome): string => {
  const missed = percent(runs - rollbacks.length, runs);
  const requests = median(rollbacks.map((rollback) => rollback.requests));
  return `${missed} / ${Number.isNaN(requests) ? '-' : requests.toLocaleString('en')}`;
};

export const missedTable = (figures: Figures): string =>
  table(
    ['trace', ...names],
    [
      ...figures.traces.map(({ trace, larger }) => [trace.name, ...larger.map(caught)]),
      ['constant, 100 rps; the loss begins half-way', ...figures.late.map(caught)],
    ],
  );

export const raceTable = (figures: Figures): string =>
  table(
    ['stable fails', 'canary fails', 'minEffect', 'weight', 'ours', 'SPRT', 'ratio', 'SPRT, paired', 'ratio'],
    figures.race.map(({ stable, canary, minEffect: effect, share, ours, sprt, paired }) => [
      ...[stable, canary].map((rate) => `${Number((100 * rate).toPrecision(3))} %`),
      `${Number((100 * effect).toPrecision(3))} %`,
      `${100 * share} %`,
      ...[ours, sprt].map((requests) => requests.toLocaleString('en')),
      (ours / sprt).toFixed(2),
      paired.toLocaleString('en'),
      (ours / paired).toFixed(2),
    ]),
  );

export const passTable = (figures: Figures): string =>
  table(
    ['both fail', 'minEffect', 'weight', 'requests of the canary until "not worse"'],
    figures.passing.map(({ rate, minEffect: effect, share, requests }) => [
      `${Number((100 * rate).toPrecision(3))} %`,
      `${Number((100 * effect).toPrecision(3))} %`,
      `${100 * share} %`,
      requests.toLocaleString('en'),
    ]),
  );

export const latencyTable = ({ latency, runs }: Figures): string =>
  table(
    ['p99', 'Sluice: worse', 'requests until then', 'Sluice: not worse', 'threshold 250 ms', 'Mann-Whitney (Kayenta)'],
    latency.map((found) => [
      found.case.name,
      percent(found.ours, runs.latency),
      Number.isNaN(found.requests) ? '-' : found.requests.toLocaleString('en'),
      ...[found.notWorse, found.threshold, found.mannWhitney].map((count) => percent(count, runs.latency)),
    ]),
  );

/** Shares rolled back by each window. */
const byWindow = (outcomes: readonly Outcome[]): Panel['lines'] =>
  outcomes.map(({ judge, rollbacks, runs }) => ({
    name: judge,
    values: Array.from({ length: windows }, (_, index) => rollbacks.filter(({ window }) => window <= index + 1).length / runs),
  }));

export function plotOf({ traces }: Figures): string {
  const [hundred, ten] = ['constant, 100 rps', 'constant, 10 rps'].map((name) => traces.find(({ trace }) => trace.name === name));
  return plot([
    { title: 'rolled back, though equal (100 rps)', lines: byWindow(hundred?.equal ?? []), limit: { at: 0.01, name: 'alpha' } },
    { title: `caught: a loss of ${100 * largerLoss} % (10 rps)`, lines: byWindow(ten?.larger ?? []) },
  ]);
}

/** What was hoped for, and whether it holds. */
export function goals({
  traces,
  race,
  runs,
}: Figures): readonly { readonly name: string; readonly value: string; readonly holds: boolean }[] {
  const fair = traces.filter(({ trace }) => trace.isFair);
  const ours = fair.flatMap(({ equal, atMinEffect }) => [equal[0], atMinEffect[0]]).map((outcome) => outcome?.rollbacks.length ?? 0);
  const worst = Math.max(...ours);
  const ratios = (of: 'sprt' | 'paired') => race.map((one) => one.ours / one[of]);
  const within = (all: readonly number[]) => all.filter((ratio) => ratio <= 1.5).length;
  return [
    {
      name: 'false rollbacks <= alpha on every trace that meets the assumptions',
      value: `at most ${percent(worst, runs.traces)} % (${worst} of ${runs.traces}); ${percent(
        ours.reduce((sum, one) => sum + one, 0),
        runs.traces * ours.length,
      )} % over all of them`,
      holds: worst <= 0.01 * runs.traces,
    },
    {
      name: 'median requests <= 1.5 x SPRT, told both rates and stable alike',
      value: `${within(ratios('sprt'))} of ${race.length} cases, ${Math.min(...ratios('sprt')).toFixed(2)} to ${Math.max(...ratios('sprt')).toFixed(2)}`,
      holds: within(ratios('sprt')) === race.length,
    },
    {
      name: 'median requests <= 1.5 x the paired SPRT, told both rates',
      value: `${within(ratios('paired'))} of ${race.length} cases, ${Math.min(...ratios('paired')).toFixed(2)} to ${Math.max(...ratios('paired')).toFixed(2)}`,
      holds: within(ratios('paired')) === race.length,
    },
  ];
}

export function page(figures: Figures, { date, commit, machine }: Provenance): string {
  const { traces, runs } = figures;
  const [fair, broken] = [traces.filter(({ trace }) => trace.isFair), traces.filter(({ trace }) => !trace.isFair)];
  const rows = (all: readonly TraceFigures[]) => all.map(({ trace }) => `- **${trace.name}**: ${trace.what}.`).join('\n');
  return `<!-- Written by \`npm run bench:verdicts\`; do not edit. -->
# How often a verdict is wrong

Simulated traffic, seeded: the same commit gives the same figures, to the byte. ${date}, commit ${commit}, ${machine}.

Stable fails ${100 * baseRate} % of its requests, the canary has 10 % of them unless said otherwise, a window is ${windowSeconds} s, a run has ${windows} windows (half an hour), and every
judge looks at every window. ${runs.traces.toLocaleString('en')} runs of each case. alpha is 0.01.

- **Sluice**: \`compare\` as it is in \`src/core/analysis/compare\`.
- **threshold**, as in Flagger: the canary's own rate in one window; five failed checks, never taken back, a window without requests among them. 98.5 % is stable's
  rate less minEffect, as one would set it who knew both; 95 % is one that leaves room.
- **z-test, peeked at**: two proportions over all windows so far, one-sided, 1 %; right for one look at the end.
- **Mann-Whitney (Kayenta)**: on the rates of the windows, every ten windows; 98 % interval of the shift, tolerance 0.25, as its judge has them. It knows no minEffect.
- **SPRT, rates known**: Wald's, told what nobody knows: stable's true rate in each window, and how bad a bad canary is.

${goals(figures)
  .map(({ name, value, holds }) => `- Goal: ${name}. **${holds ? 'Holds' : 'Missed'}**: ${value}.`)
  .join('\n')}

The second is missed at a weight of 10 % where the loss is large, by some hundred requests where errors are not rare; at 50 % no sound test that must learn stable's rate from
stable can keep it. The third is against what such a test can know at most: see "How near" below.

![Shares of runs rolled back, by looks](verdicts.svg)

## Rolled back for nothing

Percent of runs: the canary equals stable (minEffect 0) / it loses exactly minEffect (${100 * minEffect} %). Neither should fail.

${falseTable(fair)}

${rows(fair)}

A threshold sees one window of the canary alone. Near stable's rate chance takes it there, where windows are small; far from it, it does not see a loss of 2 % (below); and an incident of
both is the canary's fault. The z-test is right at one look, and is looked at ${windows} times; where weights rise before an incident it compares different times (Simpson's paradox).
Mann-Whitney raises few alarms where the two are equal, and counts any shift that it can see as a failure, however small. Ours takes each window by itself, so that only what the two sides did *at the same time* is compared.

### Where the assumption does not hold

${falseTable(broken)}

${rows(broken)}

The guarantee is for requests that fail independently of each other, given the window. Errors in clusters are fewer observations than they look: five at a time turn alpha into
up to alpha^(1/5) = 40 % for any test that counts requests. Ours measures by how much windows differ more than they should, and divides the counts by it (\`dispersion.ts\`), which
takes some windows to learn: of the rollbacks that are left with correlated errors, four of five come in the first five windows. A canary that is worse in some windows and better in others is, window by window, worse: minEffect is
what says how much of that is tolerated. Who knows better says so: \`inflation\`.

## Regressions missed, and requests until one is caught

The canary loses ${100 * largerLoss} %, minEffect is ${100 * minEffect} %. Percent of runs that end without a rollback / requests of the canary until it, median of those that were caught.

${missedTable(figures)}

At 1 rps a run has 180 requests of the canary, of which some five fail instead of two: even the test with known rates is lost there. Whole windows are counted; with 100 rps and more one
to five decide. A judge that rolls back nearly every good canary catches the bad ones, too, and early. The last row is why a tenth of our capital is kept for later windows: what is
bet from the start is lost to half an hour of a good canary, as in the SPRT, which is not made for a change.

## How near to the best possible

Looked at some forty times until the SPRT is done, without an end; median requests of the canary until "worse", ${runs.race.toLocaleString('en')} runs.

${raceTable(figures)}

**SPRT** is told stable's rate in a good release, and the canary's in a bad one, so that stable's traffic tells it nothing. **Paired** is told both rates of the bad release, and must see
from stable that the canary should be like it: it is the growth-optimal e-value of these windows (Turner, Ly, Grunwald 2024), so that none that is sound for all rates of the null grows faster on
average. Between the two lies what it costs not to know stable's rate: per request of the canary the evidence is KL(canary, c) + (1 - w)/w KL(stable, c) in place of
KL(canary, stable), with c between the two. For a doubling from 1 % that makes 1.14 times as many requests at a weight of 10 %, and 2.3 times as many at 50 %: there a comparison that is sound
whatever stable's rate is cannot come within 1.5 of a test that is told it. (To learn it from the time before the release would do, if it never changed; that is the assumption which
the incident above breaks.) Between ours and the paired test lies what it costs not to know how bad a bad canary is: eight sizes of effect are bet on at once, and a tenth is kept for later.
The larger the loss, the more this weighs in the ratio, and the less in requests.

### Requests until a good canary is known to be good

${passTable(figures)}

With minEffect 0 there is no such number: no bound ever excludes the smallest loss of a canary that is just as good. Who wants a Pass sets minEffect.

## Latency

p99 of log-normal latencies in the buckets of Linkerd's proxy, minEffect 100 ms, 100 rps unless said, ${runs.latency} runs. Percent of runs; the threshold is a p99 above 250 ms
in five windows, by interpolation, as \`histogram_quantile\`.

${latencyTable(figures)}

"Worse" needs two bounds that lie minEffect apart, one above stable's p99 and one below the canary's; "not worse" a bucket no wider than minEffect around both: what happens within a
bucket is not known, and not guessed. In the second row the p99 of both moves to a bucket of 200 ms and more, which a minEffect of 100 ms cannot resolve; hence neither. With p99 one
request in a hundred speaks, so that at a weight of 10 % it takes minutes. The p99 is that of all windows so far: slow requests that come late show once they are more than a hundredth of the run.
`;
}
