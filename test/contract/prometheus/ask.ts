import { type FixtureName, startMsOf } from './fixtures.ts';
import { type ApiAnswer, shownAnswer } from './shown.ts';
import type { Row } from './table.ts';

/** One POST of a form to a path of the API. */
export type Ask = (path: string, form: URLSearchParams) => Promise<ApiAnswer>;

/** What the server answers to the row's question, as text. */
export async function answerOf({ fixture, time, query }: Row, inOrder: boolean, ask: Ask): Promise<string> {
  const startMs = startMsOf(fixture as FixtureName);
  const seconds = (since: number): string => String((startMs + Math.round(since * 1_000)) / 1_000);
  const form = new URLSearchParams({ query });
  const when = 'at' in time ? { time: seconds(time.at) } : { start: seconds(time.from), end: seconds(time.to), step: time.step };
  for (const [name, value] of Object.entries(when)) form.set(name, value);
  const path = 'at' in time ? '/api/v1/query' : '/api/v1/query_range';
  return shownAnswer(await ask(path, form), startMs, inOrder);
}
