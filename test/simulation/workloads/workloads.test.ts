import { expect, test } from 'vitest';
import type { Loss } from '../../../src/sandbox/index.ts';
import { laws } from '../laws/index.ts';
import { play } from '../play/play.ts';
import type { Law } from '../play/run.ts';
import { workloads } from './index.ts';
import { servedImages } from './served.ts';

/** A pod that ended (or turned) by itself may take what it had in its hands with it, and what came until the data plane had heard of it. */
const isOfACrash = (loss: Loss): boolean => {
  if (loss.kind === 'crashed') return true;
  if (loss.kind === 'refused') return loss.by.state === 'crashed';
  return loss.kind === 'no-endpoints' && loss.last.some(({ state }) => state === 'crashed' || state === 'serving');
};

test.each(workloads)('$name: $text', async ({ name, lengthMs, hasCrashes = false, ending }) => {
  const seen: { images?: readonly string[]; losses?: readonly Loss[]; restedMs?: number } = {};
  const witness: Law = {
    ...{ id: 'witness', text: 'what it came to' },
    watch: (run) => ({
      onRest() {
        seen.restedMs = run.elapsedMs();
        return undefined;
      },
      atEnd() {
        seen.images = servedImages(run);
        seen.losses = run.sandbox.oracle.losses().map(({ loss }) => loss);
        return undefined;
      },
    }),
  };
  const outcome = await play({ workload: name, seed: 1, faults: [] }, { laws: [...laws, witness] });
  expect(outcome.violations, outcome.tail.join('\n')).toEqual([]);
  const { image } = ending(new Set());
  if (image !== undefined) expect(seen.images).toEqual([image]);
  expect((seen.losses ?? []).filter((loss) => !hasCrashes || !isOfACrash(loss))).toEqual([]);
  // It was over in the time that it has, so that faults meet all of it.
  expect(seen.restedMs).toBeLessThanOrEqual(lengthMs);
});

test('names tell workloads apart', () => {
  expect(new Set(workloads.map(({ name }) => name)).size).toBe(workloads.length);
});
