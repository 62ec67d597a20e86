// An answer of the API as text that people can read and compare.

export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

interface Body {
  readonly status: string;
  readonly errorType?: string;
  readonly error?: string;
  readonly data?: { readonly resultType: string; readonly result: never };
}

interface SeriesRow {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

/** One line per series, sorted unless the order is part of the answer. Times count in seconds from `startMs`. */
export function shownAnswer({ status, body }: ApiAnswer, startMs: number, inOrder: boolean): string {
  const { status: said, errorType, error, data } = body as Body;
  if (said !== 'success' || data === undefined) return `${status} ${errorType}: ${error}`;
  if (data.resultType === 'scalar' || data.resultType === 'string') {
    const [, value] = data.result as readonly [number, string];
    return `${data.resultType} ${data.resultType === 'string' ? JSON.stringify(value) : value}`;
  }
  const rows = data.result as readonly SeriesRow[];
  const since = (at: number) => Math.round(at * 1_000 - startMs) / 1_000;
  const lines = rows.map(({ metric, value, values }) => {
    const shown = value === undefined ? (values ?? []).map(([at, each]) => `${each}@${since(at)}`).join(' ') : value[1];
    return `${shownLabels(metric)} ${shown}`;
  });
  const ordered = inOrder ? lines : [...lines].sort();
  return [...(data.resultType === 'matrix' ? ['matrix'] : []), ...ordered].join('\n') || 'nothing';
}

function shownLabels({ __name__: name = '', ...labels }: Readonly<Record<string, string>>): string {
  const inner = Object.keys(labels)
    .sort()
    .map((label) => `${label}=${JSON.stringify(labels[label])}`)
    .join(',');
  return `${name}{${inner}}`;
}
