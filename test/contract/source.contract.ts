import { describe, expect, it } from 'vitest';
import type { ResolvedProvider } from '../../src/core/analysis/question.ts';
import type { MetricIo, MetricSource, ProviderOf, SourceAnswer } from '../../src/metrics/index.ts';

/** What a server of the source's kind may be told to do. `hangs`: takes the question and never answers. */
export type ServerMood = 'value' | 'zero' | 'noData' | 'refuses' | 'fails' | 'hangs';

export interface SourceBed<Kind extends ResolvedProvider['kind']> {
  readonly source: MetricSource<Kind>;
  readonly provider: ProviderOf<Kind>;
  /** What a value, and zero, look like; left out: a number. */
  readonly answers?: { readonly value: SourceAnswer['kind']; readonly zero: object };
  /** A server in that mood, and how many questions it has been sent. */
  start(mood: ServerMood): Promise<{ readonly io: MetricIo; readonly questions: () => number; readonly stop: () => Promise<void> }>;
}

/** What every metric source owes the measurer. */
export function describeMetricSource<Kind extends ResolvedProvider['kind']>(name: string, bed: () => SourceBed<Kind>): void {
  describe(`metric source ${name}`, () => {
    async function askIn(mood: ServerMood, signal = new AbortController().signal) {
      const { source, provider, start } = bed();
      const server = await start(mood);
      try {
        return { answer: await source.ask(provider, server.io, signal), questions: server.questions() };
      } finally {
        await server.stop();
      }
    }

    it.each<[ServerMood, SourceAnswer['kind']]>([
      ['value', bed().answers?.value ?? 'value'],
      ['noData', 'noData'],
      ['refuses', 'invalid'],
      ['fails', 'error'],
    ])('answers a server of mood "%s" by %s', async (mood, kind) => {
      expect((await askIn(mood)).answer.kind).toBe(kind);
    });

    it('tells zero from no data', async () => {
      const { answer } = await askIn('zero');
      expect(answer).toMatchObject(bed().answers?.zero ?? { kind: 'value', value: 0 });
    });

    it('never asks again by itself', async () => {
      expect((await askIn('fails')).questions).toBe(1);
    });

    it('sends nothing with a signal that has already aborted', async () => {
      const { answer, questions } = await askIn('value', AbortSignal.abort());
      expect(answer.kind).toBe('error');
      expect(questions).toBe(0);
    });

    it('ends with its signal', async () => {
      const { source, provider, start } = bed();
      const server = await start('hangs');
      const controller = new AbortController();
      const answer = source.ask(provider, server.io, controller.signal);
      await expect.poll(server.questions).toBe(1);
      controller.abort();
      expect((await answer).kind).toBe('error');
      await server.stop();
    });

    it('names its server and a deadline', () => {
      const { source, provider } = bed();
      expect(source.serverOf(provider, { prometheusAddress: 'http://prom:9090/' })).not.toBe('');
      expect(source.timeoutMsOf(provider)).toBeGreaterThan(0);
    });
  });
}
