import { describe, expect, it } from 'vitest';
import { type Ask, answerOf } from './prometheus/ask.ts';
import { requests } from './prometheus/requests.ts';
import type { ApiAnswer } from './prometheus/shown.ts';
import { readTables } from './prometheus/table.ts';

export interface PrometheusBed {
  readonly ask: Ask;
  /** One GET. */
  readonly get: (url: string) => Promise<ApiAnswer>;
}

/**
 * What a Prometheus answers: each row of the tables, to the letter. The answers were given by Prometheus 2.42 itself (record.ts), and
 * whoever implements its API for us is held to them; where the two differ, the other one is wrong.
 */
export function describePrometheus(name: string, bed: () => PrometheusBed): void {
  describe(`Prometheus: ${name}`, () => {
    it.each(readTables())('answers all rows of $file', async ({ rows, inOrder }) => {
      const answers = [];
      for (const row of rows) answers.push({ ...row, answer: await answerOf(row, inOrder, bed().ask) });
      expect(rows.length).toBeGreaterThan(0);
      expect(answers).toEqual(rows);
    });

    it('answers every request of the list', async () => {
      const answers = [];
      for (const [url] of requests) answers.push([url, ...shortened(await bed().get(url))]);
      expect(answers).toEqual(requests);
    });
  });
}

function shortened({ status, body }: ApiAnswer): readonly [number, unknown] {
  const { data, errorType, error } = body as { readonly data?: unknown; readonly errorType?: string; readonly error?: string };
  // In which of its stages a query ran out of time is a race inside Prometheus.
  return [status, data ?? `${errorType}: ${error}`.replace(/(query timed out) in query \w+$/, '$1')];
}
