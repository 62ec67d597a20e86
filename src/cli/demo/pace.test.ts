import { expect, test } from 'vitest';
import { VirtualClock } from '../../lib/index.ts';
import { StepClock } from '../../sandbox/index.ts';
import { keepPace } from './pace.ts';

test('the sandbox goes as fast as real time, until it is told to stop', async () => {
  const real = new VirtualClock();
  const virtual = new StepClock();
  const stop = keepPace(virtual, real);
  await real.advance(1_000);
  expect(virtual.monotonicMs()).toBe(1_000);
  stop();
  await real.advance(1_000);
  expect(virtual.monotonicMs()).toBe(1_000);
});

test('after a stall everything happens in the order and at the moments that were meant', () => {
  let realMs = 0.25;
  let tick = () => {};
  const real = {
    nowMs: () => realMs,
    monotonicMs: () => realMs,
    after: (_: number, fire: () => void) => {
      tick = fire;
      return () => {};
    },
  };
  const virtual = new StepClock();
  const seen: string[] = [];
  const note = (name: string) => () => void seen.push(`${name} at ${virtual.monotonicMs()}`);
  virtual.after(900, note('the pod ends'));
  // What sets the next timer only when it fires: on late timers of the real clock it would come after the pod's end.
  virtual.after(300, () => virtual.after(300, note('its endpoint is gone')));
  keepPace(virtual, real);
  realMs = 5_000.75;
  tick();
  expect(seen).toEqual(['its endpoint is gone at 600', 'the pod ends at 900']);
  expect(virtual.monotonicMs()).toBe(5_000);
});
