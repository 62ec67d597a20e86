/** Milli-units of a number or a Kubernetes quantity; undefined where it is neither. */
export function milliOf(weight: number | string | undefined): number | undefined {
  if (weight === undefined) return 0;
  if (typeof weight === 'number') return weight * 1_000;
  const [, digits, suffix = ''] = /^(\d+(?:\.\d+)?)([mkM]?)$/.exec(weight) ?? [];
  return digits === undefined ? undefined : Number(digits) * (factors[suffix] ?? 1_000);
}

const factors: Readonly<Record<string, number>> = { m: 1, k: 1_000_000, M: 1_000_000_000 };

/** `web`, `web.shop`, `web.shop.svc`, `web.shop.svc.cluster.local`: producers write all of them. */
export const plainName = (name: string): string => name.split('.')[0] ?? name;

/** Whole percents, each rounded half away from zero, the last one takes what is left; a total of 0 leaves zeros. */
export function percentsOf(weights: readonly number[]): readonly number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return weights.map(() => 0);
  const rounded = weights.slice(0, -1).map((weight) => Math.round((100 * weight) / total));
  return [...rounded, 100 - rounded.reduce((sum, percent) => sum + percent, 0)];
}
