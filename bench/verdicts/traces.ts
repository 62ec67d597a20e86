// Traffic as a canary may meet it: what one window shows, and the true rates behind it.
import type { Random } from '../../src/lib/index.ts';
import { binomial, gamma, poisson } from './draw.ts';

export interface Side {
  readonly total: number;
  readonly errors: number;
}

export interface Window {
  readonly canary: Side;
  readonly stable: Side;
  /** The rates of errors that were true on average in this window: for tests that are told them. */
  readonly rates: { readonly canary: number; readonly stable: number };
  readonly inflation?: number;
}

export interface Trace {
  readonly name: string;
  /** Whether the assumption holds that our test makes: requests fail independently, and both sides meet the same weather. */
  readonly isFair: boolean;
  readonly what: string;
  readonly window: (random: Random, number: number, loss: number) => Window;
}

export const windowSeconds = 30;
export const windows = 60;
export const baseRate = 0.01;

interface Weather {
  readonly rps: number;
  readonly share?: number;
  readonly canary?: number;
  readonly stable?: number;
}

/** One window of independent requests: the rates of both are multiplied, then the canary's loss is added. */
function independent(random: Random, loss: number, { rps, share = 0.1, canary = 1, stable = 1 }: Weather): Window {
  const rates = { canary: Math.min(1, baseRate * canary + loss), stable: Math.min(1, baseRate * stable) };
  const requests = rps * windowSeconds;
  const [n, m] = [poisson(random, requests * share), poisson(random, requests * (1 - share))];
  return {
    canary: { total: n, errors: binomial(random, n, rates.canary) },
    stable: { total: m, errors: binomial(random, m, rates.stable) },
    rates,
  };
}

const constant = (rps: number): Trace => ({
  name: `constant, ${rps.toLocaleString('en')} rps`,
  isFair: true,
  what: 'Poisson arrivals',
  window: (random, _, loss) => independent(random, loss, { rps }),
});

/** Weight 5, 10, 25, 50 %, a quarter of the run each. */
const shareAt = (number: number): number => [0.05, 0.1, 0.25, 0.5][Math.floor(((number - 1) * 4) / windows)] ?? 0.5;

/** A part of what a side counted in the window is lost with the pod that held it. */
const reset = (random: Random, side: Side): Side => {
  if (random.next() >= 0.1) return side;
  const kept = random.next();
  const errors = binomial(random, side.errors, kept);
  return { errors, total: errors + binomial(random, side.total - side.errors, kept) };
};

const clustered = (random: Random, total: number, rate: number, size: number): Side => ({
  total: total - (total % size),
  errors: size * binomial(random, Math.floor(total / size), rate),
});

function stretched(random: Random, loss: number, inflation?: number): Window {
  const seen = independent(random, loss, { rps: 50 });
  const twice = ({ total, errors }: Side): Side => ({ total: 2 * total, errors: 2 * errors });
  return { ...seen, canary: twice(seen.canary), stable: twice(seen.stable), ...(inflation === undefined ? {} : { inflation }) };
}

export const traces: readonly Trace[] = [
  ...[1, 10, 100, 1000, 10_000].map(constant),
  {
    name: 'diurnal, 100 rps',
    isFair: true,
    what: 'a day in half an hour: traffic swings by 80 %, the errors of both by half',
    window: (random, number, loss) => {
      const swing = Math.sin((2 * Math.PI * number) / windows);
      return independent(random, loss, { rps: 100 * (1 + 0.8 * swing), canary: 1 + 0.5 * swing, stable: 1 + 0.5 * swing });
    },
  },
  {
    name: 'bursty, 100 rps',
    isFair: true,
    what: 'the traffic of each window is gamma-distributed, coefficient of variation 1.5',
    window: (random, _, loss) => independent(random, loss, { rps: 100 * gamma(random, 1.5) }),
  },
  {
    name: 'shared over-dispersion',
    isFair: true,
    what: '100 rps; the errors of both are multiplied by one gamma variable per window, coefficient of variation 0.7',
    window: (random, _, loss) => {
      const weather = gamma(random, 0.7);
      return independent(random, loss, { rps: 100, canary: weather, stable: weather });
    },
  },
  {
    name: 'shared incident',
    isFair: true,
    what: '100 rps; weights 5, 10, 25, 50 %; from window 40 to 50 a dependency makes both fail five times as often',
    window: (random, number, loss) => {
      const weather = number >= 40 && number < 50 ? 5 : 1;
      return independent(random, loss, { rps: 100, share: shareAt(number), canary: weather, stable: weather });
    },
  },
  {
    name: 'counter resets',
    isFair: true,
    what: '100 rps; in a tenth of the windows a side loses a random part of what it counted',
    window: (random, _, loss) => {
      const seen = independent(random, loss, { rps: 100 });
      return { ...seen, canary: reset(random, seen.canary), stable: reset(random, seen.stable) };
    },
  },
  {
    name: 'stretched counts, said',
    isFair: true,
    what: '100 rps, of which a window of two scrapes sees half, and says twice that; `inflation: 2`, which only ours can be told',
    window: (random, _, loss) => stretched(random, loss, 2),
  },
  {
    name: 'stretched counts, unsaid',
    isFair: false,
    what: 'the same without `inflation`',
    window: (random, _, loss) => stretched(random, loss),
  },
  {
    name: 'own over-dispersion, mild',
    isFair: false,
    what: '100 rps; each side has a gamma variable of its own per window, coefficient of variation 0.1',
    window: (random, _, loss) => independent(random, loss, { rps: 100, canary: gamma(random, 0.1), stable: gamma(random, 0.1) }),
  },
  {
    name: 'own over-dispersion, strong',
    isFair: false,
    what: 'the same, coefficient of variation 0.5',
    window: (random, _, loss) => independent(random, loss, { rps: 100, canary: gamma(random, 0.5), stable: gamma(random, 0.5) }),
  },
  {
    name: 'correlated errors',
    isFair: false,
    what: '100 rps; requests fail or succeed five at a time (retries, one connection)',
    window: (random, _, loss) => {
      const { canary, stable, rates } = independent(random, loss, { rps: 100 });
      return { rates, canary: clustered(random, canary.total, rates.canary, 5), stable: clustered(random, stable.total, rates.stable, 5) };
    },
  },
];
