/** How many requests it takes to tell two rates apart. */

/** The share of releases that must be seen by one measurement. */
export const confidence = 0.95;

/**
 * The fewest requests of which, in `confidence` of all cases, more than `allowed` are bad where `rate` of them are on average; undefined: no number is enough,
 * because as many are allowed.
 */
export function requestsToTell(rate: number, allowed: number): number | undefined {
  if (rate <= allowed) return undefined;
  let [low, high] = [1, 1];
  while (chanceAbove(high, rate, allowed) < confidence) {
    low = high;
    high *= 2;
    if (high > mostRequests) return undefined;
  }
  // The chance is a saw, not a line: this finds a tooth near the first that is high enough, which is what a person wants to know.
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (chanceAbove(middle, rate, allowed) >= confidence) high = middle;
    else low = middle + 1;
  }
  return high;
}

const mostRequests = 1e9;

/** The chance that of `requests`, each bad with the chance `rate`, more than the share `allowed` are bad. */
export function chanceAbove(requests: number, rate: number, allowed: number): number {
  const most = Math.floor(requests * allowed + 1e-9);
  if (rate >= 1) return most < requests ? 1 : 0;
  if (requests * rate > 1_000) return normalAbove((most + 0.5 - requests * rate) / Math.sqrt(requests * rate * (1 - rate)));
  let term = (1 - rate) ** requests;
  if (term === 0) return normalAbove((most + 0.5 - requests * rate) / Math.sqrt(requests * rate * (1 - rate)));
  let below = term;
  for (let bad = 1; bad <= most; bad += 1) {
    term *= ((requests - bad + 1) / bad) * (rate / (1 - rate));
    below += term;
  }
  return Math.max(0, 1 - below);
}

/** The share of a standard normal distribution above `z`; a logistic approximation, good to a hundredth. */
const normalAbove = (z: number): number => 1 / (1 + Math.exp(1.702 * z));
