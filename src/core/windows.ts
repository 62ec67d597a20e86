import { Cron } from 'croner';
import type { ChangeWindow } from './rollout.ts';
import { earliest } from './time.ts';
import type { World } from './world.ts';

/**
 * Whether raises are allowed at an instant: inside every Allow window there is (any of them), outside every Deny. A window opens at each
 * time of its schedule and lasts for `duration` of elapsed time, so one that spans a change to summer time ends an hour off the wall clock.
 */
export function windowState(windows: readonly ChangeWindow[], nowMs: number): World['window'] {
  if (windows.length === 0) return { kind: 'open' };
  const states = windows.map((window) => ({ kind: window.kind, ...stateOf(window, nowMs) }));
  const denied = states.filter(({ kind, isActive }) => kind === 'Deny' && isActive);
  const allows = states.filter(({ kind }) => kind === 'Allow');
  const isAllowed = allows.length === 0 || allows.some(({ isActive }) => isActive);
  if (denied.length === 0 && isAllowed) return { kind: 'open' };
  const changes = (denied.length > 0 ? denied : allows).map(({ changeAtMs }) => changeAtMs);
  return { kind: 'closed', untilMs: earliest(...changes) };
}

function stateOf({ schedule, timeZone, duration }: ChangeWindow, nowMs: number): { isActive: boolean; changeAtMs: number | undefined } {
  const cron = new Cron(schedule, { timezone: timeZone, paused: true });
  // One millisecond later, so that the opening instant itself counts as inside.
  const [openedAt] = cron.previousRuns(1, new Date(nowMs + 1));
  const endsMs = openedAt === undefined ? Number.NEGATIVE_INFINITY : openedAt.getTime() + duration;
  if (nowMs < endsMs) return { isActive: true, changeAtMs: endsMs };
  return { isActive: false, changeAtMs: cron.nextRun(new Date(nowMs))?.getTime() };
}
