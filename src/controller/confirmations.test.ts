import { expect, test } from 'vitest';
import { Confirmations } from './confirmations.ts';

const rollout = 'shop/web';

test('a confirmation of the past counts from its own time', () => {
  expect(new Confirmations().since(rollout, 1_000, 5_000)).toBe(1_000);
});

test('one that lies ahead counts from when it was first seen, and does not move', () => {
  const confirmations = new Confirmations();
  expect(confirmations.since(rollout, 600_000, 5_000)).toBe(5_000);
  expect(confirmations.since(rollout, 600_000, 65_000)).toBe(5_000);
  expect(confirmations.since('shop/api', 600_000, 65_000)).toBe(65_000);
});

test('another confirmation, and another step of the clock, begin anew', () => {
  const confirmations = new Confirmations();
  confirmations.since(rollout, 600_000, 5_000);
  expect(confirmations.since(rollout, 700_000, 65_000)).toBe(65_000);
  expect(confirmations.since(rollout, 700_000, 20_000)).toBe(20_000);
  expect(confirmations.since(rollout, 700_000, 700_001)).toBe(700_000);
});
