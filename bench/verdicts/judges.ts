// Who judges: each looks at every window, and says `true` when it would roll back.
import { addRates, rateVerdict, startRates } from '../../src/core/analysis/compare/index.ts';
import { mannWhitneySays } from './mann-whitney.ts';
import type { Side, Window } from './traces.ts';

export interface Question {
  readonly alpha: number;
  /** Losses up to this are tolerated. */
  readonly minEffect: number;
  /** What a test with known rates is told to look for. */
  readonly expected: number;
}

export interface Judge {
  readonly name: string;
  /** A look at one window more. */
  readonly start: (question: Question) => (window: Window) => boolean;
}

const ours: Judge = {
  name: 'Sluice',
  start: ({ alpha, minEffect }) => {
    let state = startRates({ alpha, minEffect });
    return ({ canary, stable, inflation }) => {
      const arm = ({ total, errors }: Side) => ({ total, successes: total - errors });
      const added = addRates(state, { canary: arm(canary), stable: arm(stable), ...(inflation === undefined ? {} : { inflation }) });
      if (added.ok) state = added.value;
      return rateVerdict(state).kind === 'worse';
    };
  },
};

/** Flagger: the canary alone, one window at a time; five failed checks in all (never taken back) roll back. No requests are a failed check. */
const flagger = (least: number): Judge => ({
  name: `threshold ${100 * least} %`,
  start: () => {
    let failed = 0;
    return ({ canary }) => {
      if (canary.total === 0 || canary.errors / canary.total > 1 - least) failed += 1;
      return failed >= 5;
    };
  },
});

const quantileOf = (alpha: number): number => ({ 0.01: 2.3263, 0.05: 1.6449 })[alpha] ?? Number.NaN;

/** Two proportions over all windows so far, one-sided, as if this look were the only one. */
const zTest: Judge = {
  name: 'z-test, peeked at',
  start: ({ alpha, minEffect }) => {
    const sum = { n: 0, x: 0, m: 0, y: 0 };
    return ({ canary, stable }) => {
      sum.n += canary.total;
      sum.x += canary.errors;
      sum.m += stable.total;
      sum.y += stable.errors;
      // A test of a fixed horizon is not asked of a handful.
      if (sum.n < 30 || sum.m < 30 || sum.x + sum.y < 5) return false;
      const [p, q, both] = [sum.x / sum.n, sum.y / sum.m, (sum.x + sum.y) / (sum.n + sum.m)];
      const variance = minEffect === 0 ? both * (1 - both) * (1 / sum.n + 1 / sum.m) : (p * (1 - p)) / sum.n + (q * (1 - q)) / sum.m;
      return p - q - minEffect > quantileOf(alpha) * Math.sqrt(variance);
    };
  },
};

/** Kayenta: a Mann-Whitney U test of the rates of the windows so far, asked every ten windows. It knows no minEffect. */
const mannWhitney: Judge = {
  name: 'Mann-Whitney (Kayenta)',
  start: () => {
    const [canaryRates, stableRates]: [number[], number[]] = [[], []];
    let looks = 0;
    return ({ canary, stable }) => {
      if (canary.total > 0) canaryRates.push(canary.errors / canary.total);
      if (stable.total > 0) stableRates.push(stable.errors / stable.total);
      looks += 1;
      return looks % 10 === 0 && mannWhitneySays(canaryRates, stableRates);
    };
  },
};

const logRatio = ({ errors, total }: Side, right: number, left: number) =>
  errors * Math.log(right / left) + (total - errors) * Math.log((1 - right) / (1 - left));

/** Wald's test of power one: told the true rate of stable in each window, and how much worse a bad canary is. */
const sprt: Judge = {
  name: 'SPRT, rates known',
  start: ({ alpha, minEffect, expected }) => {
    let evidence = 0;
    return ({ canary, rates }) => {
      evidence += logRatio(canary, Math.min(0.999, rates.stable + expected), Math.min(0.998, rates.stable + minEffect));
      return evidence >= -Math.log(alpha);
    };
  },
};

export const judges: readonly Judge[] = [ours, flagger(0.985), flagger(0.95), zTest, mannWhitney, sprt];
