// What the stored versions of a Rollout and of its split tell about a run, after the fact.
import { expect } from 'vitest';
import type { Release } from './release.ts';

/** When each step of this revision was entered, by the status that was stored: index to every `startedAt` it ever had. */
function entriesOf(rollouts: Release['rollouts'], revision: string): ReadonlyMap<number, ReadonlySet<string>> {
  const entered = new Map<number, Set<string>>();
  for (const { object } of rollouts.versions()) {
    const { canaryRevision, step } = object.status ?? {};
    if (canaryRevision !== revision || step === undefined) continue;
    const known = entered.get(step.index) ?? new Set();
    entered.set(step.index, known.add(step.startedAt));
  }
  return entered;
}

/** Every pause lasted at least `ms`, and no restart began a step anew. */
export function keepsDwell(release: Release, revision: string, steps: readonly object[], ms: number): void {
  const entered = entriesOf(release.rollouts, revision);
  for (const [index, moments] of entered) expect(moments.size, `step ${index} was entered once`).toBe(1);
  const startOf = (index: number) => Date.parse([...(entered.get(index) ?? [])][0] ?? '');
  steps.forEach((step, index) => {
    if (!('pause' in step) || !entered.has(index + 1)) return;
    expect(startOf(index + 1) - startOf(index), `pause of step ${index}`).toBeGreaterThanOrEqual(ms);
  });
}

/** Epochs on the split and on the Rollout only grow: no write of an older leader after one of a newer. */
export function epochsGrow(release: Release): number[] {
  const onSplit = release.splits.versions().map(({ object }) => Number(object.metadata.annotations?.['sluice.dev/epoch'] ?? 0));
  const onRollout = release.rollouts.versions().flatMap(({ object }) => object.status?.epoch ?? []);
  for (const epochs of [onSplit, onRollout]) expect(epochs).toEqual(epochs.toSorted((left, right) => left - right));
  return [...new Set(onRollout)];
}
