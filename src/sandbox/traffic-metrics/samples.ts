import type { Port } from '../http-port.ts';
import type { Engine } from '../prometheus/index.ts';

/** The rows of an instant vector. */
export type Samples = readonly { readonly labels: ReadonlyMap<string, string>; readonly value: number }[];

/** Asks a Prometheus; undefined where it gave no vector. */
export type Ask = (query: string, atMs: number) => Samples | undefined;

/** Straight out of the store: no fault of the Prometheus between them is felt. */
export const askEngine =
  (engine: Engine): Ask =>
  (query, atMs) => {
    const value = engine.instant(query, atMs);
    return value.ok && value.value.type === 'vector' ? value.value.samples : undefined;
  };

/** Over the API of a Prometheus, with its faults. An answer that would come late counts as none. */
export const askPort =
  (port: Port): Ask =>
  (query, atMs) => {
    const url = `/api/v1/query?${new URLSearchParams({ query, time: String(atMs / 1_000) })}`;
    const answer = port({ method: 'GET', url });
    if (answer.kind !== 'reply' || answer.status !== 200 || answer.afterMs > patienceMs || answer.brokenAfterBytes !== undefined)
      return undefined;
    return readVector(answer.body);
  };

const patienceMs = 10_000;

function readVector(body: string): Samples | undefined {
  try {
    const { data } = JSON.parse(body) as { readonly data?: { readonly resultType: string; readonly result: unknown } };
    if (data?.resultType !== 'vector') return undefined;
    const rows = data.result as readonly { readonly metric: Record<string, string>; readonly value?: readonly [number, string] }[];
    return rows.map(({ metric, value }) => ({ labels: new Map(Object.entries(metric)), value: numberOf(value?.[1] ?? 'NaN') }));
  } catch {
    return undefined;
  }
}

const numberOf = (text: string): number => (text.endsWith('Inf') ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text));
