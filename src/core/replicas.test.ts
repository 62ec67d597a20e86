import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canaryPods, podsFor } from './replicas.ts';

const percent = fc.integer({ min: 0, max: 100 });
const count = fc.integer({ min: 0, max: 1_000_000 });
const least = fc.integer({ min: 1, max: 1000 });

describe('pods for a weight', () => {
  test('are whole, never negative, and grow with the weight', () => {
    fc.assert(
      fc.property(percent, percent, count, least, (left, right, replicas, minPods) => {
        const [low, high] = [podsFor(Math.min(left, right), replicas, minPods), podsFor(Math.max(left, right), replicas, minPods)];
        expect(Number.isInteger(low) && low >= 0 && low <= high && high <= Math.max(replicas, minPods)).toBe(true);
      }),
    );
  });
  test('carry it: 10 % of 25 are three, all of it is all', () =>
    expect([podsFor(10, 25, 1), podsFor(100, 25, 1), podsFor(0, 25, 1)]).toEqual([3, 25, 0]));
  test('are no fewer than minPodsPerRevision', () => expect(podsFor(1, 100, 3)).toBe(3));
});

describe('the canary’s pods', () => {
  const wish = { weightPercent: 50, replicas: 10, minPods: 1 };
  test('follow its traffic, or setCanaryScale', () => {
    expect(canaryPods({ ...wish, scale: { kind: 'traffic' } })).toBe(5);
    expect(canaryPods({ ...wish, scale: { kind: 'weight', weight: 20 } })).toBe(2);
    expect(canaryPods({ ...wish, scale: { kind: 'replicas', replicas: 3 } })).toBe(3);
  });
  test('are at least one where it has traffic', () => {
    expect(canaryPods({ ...wish, scale: { kind: 'replicas', replicas: 0 } })).toBe(1);
    expect(canaryPods({ ...wish, scale: { kind: 'weight', weight: 0 } })).toBe(1);
  });
  test('are no fewer than minPodsPerRevision, whatever setCanaryScale says', () => {
    for (const scale of [{ kind: 'replicas', replicas: 1 } as const, { kind: 'weight', weight: 1 } as const])
      expect(canaryPods({ ...wish, minPods: 3, scale })).toBe(3);
  });
  test('are all of them for all the traffic, or more', () => {
    const all = { ...wish, weightPercent: 100 };
    expect(canaryPods({ ...all, scale: { kind: 'replicas', replicas: 1 } })).toBe(10);
    expect(canaryPods({ ...all, scale: { kind: 'weight', weight: 5 } })).toBe(10);
    expect(canaryPods({ ...all, scale: { kind: 'replicas', replicas: 12 } })).toBe(12);
  });
  test('are none of a Rollout at zero', () => expect(canaryPods({ ...wish, replicas: 0, scale: { kind: 'traffic' } })).toBe(0));
});
