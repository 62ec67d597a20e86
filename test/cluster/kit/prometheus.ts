import { control } from './child.ts';
import type { BedInfo } from './layout.ts';

export interface Prometheus {
  /** The value of an instant query with one series; undefined for no series, NaN as it is. */
  value(query: string): Promise<number | undefined>;
  /** Every series of an instant vector. */
  vector(query: string): Promise<{ readonly labels: Readonly<Record<string, string>>; readonly value: number }[]>;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Connections are accepted and never answered. */
  pause(): Promise<void>;
  resume(): Promise<void>;
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data?: {
    readonly resultType: string;
    readonly result: readonly { readonly metric: Record<string, string>; readonly value: readonly [number, string] }[];
  };
}

export function prometheusClient(info: BedInfo): Prometheus {
  const vector: Prometheus['vector'] = async (query) => {
    const response = await fetch(`${info.prometheusUrl}/api/v1/query?query=${encodeURIComponent(query)}`, {
      signal: AbortSignal.timeout(15_000),
    });
    const answer = (await response.json()) as Answer;
    if (answer.data === undefined) throw new Error(`${query}: ${answer.error}`);
    return answer.data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  };
  const ask = (name: string): Promise<void> => control(info.controlUrl, `prometheus/${name}`);
  return {
    vector,
    value: async (query) => {
      const series = await vector(query);
      if (series.length > 1) throw new Error(`${query}: ${series.length} series`);
      return series[0]?.value;
    },
    stop: () => ask('stop'),
    start: () => ask('start'),
    pause: () => ask('pause'),
    resume: () => ask('resume'),
  };
}
