import { describe, expect, test } from 'vitest';
import type { ChangeWindow } from './rollout.ts';
import { windowState, windowsState } from './windows.ts';

const hour = 3_600_000;
const deny = (timeZone: string): ChangeWindow => ({ kind: 'Deny', schedule: '0 17 * * 5', duration: 63 * hour, timeZone });
const wall = (timeZone: string) =>
  new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/** Whether the clock on the wall said Friday 17:00 at some instant of the last 63 hours. */
function isDeniedByBruteForce(timeZone: string, nowMs: number): boolean {
  const clock = wall(timeZone);
  const first = Math.floor((nowMs - 63 * hour) / 1_800_000) * 1_800_000 + 1_800_000;
  for (let ms = first; ms <= nowMs; ms += 1_800_000) if (clock.format(ms) === 'Fri 17:00') return true;
  return false;
}

describe.each([
  ['Europe/Berlin', ['2026-03-29', '2026-10-25']],
  ['America/New_York', ['2026-03-08', '2026-11-01']],
  ['Australia/Lord_Howe', ['2026-04-05', '2026-10-04']],
])('a weekend in %s at which the clocks change', (timeZone, days) => {
  test.each(days)('%s', (day) => {
    const middle = Date.parse(`${day}T00:00:00Z`);
    for (let ms = middle - 60 * hour; ms <= middle + 60 * hour; ms += hour) {
      expect([new Date(ms).toISOString(), windowState([deny(timeZone)], ms).kind === 'closed']).toEqual([
        new Date(ms).toISOString(),
        isDeniedByBruteForce(timeZone, ms),
      ]);
    }
  });
});

describe('windows', () => {
  const friday = Date.parse('2026-01-09T17:00:00Z');
  const monday = friday + 63 * hour;
  test('the opening instant is inside, the closing one is not', () => {
    const state = (ms: number) => windowState([deny('UTC')], ms);
    expect([state(friday - 1).kind, state(friday).kind, state(monday - 1).kind, state(monday).kind]).toEqual([
      'open',
      'closed',
      'closed',
      'open',
    ]);
  });
  test('say until when', () => expect(windowState([deny('UTC')], friday)).toEqual({ kind: 'closed', untilMs: monday }));
  test('that overlap, or follow one another, say when the last of them ends', () => {
    const next: ChangeWindow = { kind: 'Deny', schedule: '0 6 * * 1', duration: 4 * hour, timeZone: 'UTC' };
    const then: ChangeWindow = { kind: 'Deny', schedule: '0 10 * * 1', duration: hour, timeZone: 'UTC' };
    expect(windowState([deny('UTC'), next, then], friday)).toEqual({ kind: 'closed', untilMs: Date.parse('2026-01-12T11:00:00Z') });
  });
  test('of the cluster and of a Rollout hold each by itself: what a Rollout allows itself does not open the cluster’s', () => {
    const always: ChangeWindow = { kind: 'Allow', schedule: '* * * * *', duration: hour, timeZone: 'UTC' };
    const nine: ChangeWindow = { kind: 'Allow', schedule: '0 9 * * *', duration: hour, timeZone: 'UTC' };
    expect(windowsState([[nine], [always]], friday)).toEqual({ kind: 'closed', untilMs: Date.parse('2026-01-10T09:00:00Z') });
    expect(windowsState([[nine], []], Date.parse('2026-01-09T09:30:00Z')).kind).toBe('open');
    expect(windowsState([[], []], friday).kind).toBe('open');
  });
  test('that never leave each other room have no end', () => {
    const nine: ChangeWindow = { kind: 'Allow', schedule: '0 9 * * *', duration: hour, timeZone: 'UTC' };
    const always: ChangeWindow = { kind: 'Deny', schedule: '0 * * * *', duration: 2 * hour, timeZone: 'UTC' };
    expect(windowState([nine, always], friday)).toEqual({ kind: 'closed', untilMs: undefined });
  });
  test('none at all allow', () => expect(windowState([], friday)).toEqual({ kind: 'open' }));
  test('of kind Allow: outside of all of them it is closed until the next opens', () => {
    const nine: ChangeWindow = { kind: 'Allow', schedule: '0 9 * * *', duration: hour, timeZone: 'UTC' };
    expect(windowState([nine], friday)).toEqual({ kind: 'closed', untilMs: Date.parse('2026-01-10T09:00:00Z') });
    expect(windowState([nine], Date.parse('2026-01-09T09:30:00Z')).kind).toBe('open');
    expect(windowState([nine, deny('UTC')], Date.parse('2026-01-10T09:30:00Z')).kind).toBe('closed');
  });
});
