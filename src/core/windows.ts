import { Cron } from 'croner';
import type { ChangeWindow } from './rollout.ts';
import { earliest } from './time.ts';
import type { World } from './world.ts';

/** Windows of several lists hold each by itself: one that a Rollout allows itself does not open what is closed for the cluster. */
export function windowsState(lists: readonly (readonly ChangeWindow[])[], nowMs: number): World['window'] {
  const wanted = lists.filter((list) => list.length > 0);
  if (wanted.every((list) => changeOf(list, nowMs).isOpen)) return { kind: 'open' };
  return { kind: 'closed', untilMs: opensAt(wanted, nowMs) };
}

/**
 * Whether raises are allowed at an instant: inside every Allow window there is (any of them), outside every Deny. A window opens at each
 * time of its schedule and lasts for `duration` of elapsed time, so one that spans a change to summer time ends an hour off the wall clock.
 */
export const windowState = (windows: readonly ChangeWindow[], nowMs: number): World['window'] => windowsState([windows], nowMs);

/** Windows that follow one another, or are opened and closed again in the same moment, are looked through this far. */
const mostChanges = 100;

/** When all of the lists allow raises; undefined: not to be seen from here. */
function opensAt(lists: readonly (readonly ChangeWindow[])[], nowMs: number): number | undefined {
  let atMs = nowMs;
  for (let seen = 0; seen < mostChanges; seen += 1) {
    const closed = lists.map((list) => changeOf(list, atMs)).filter(({ isOpen }) => !isOpen);
    if (closed.length === 0) return atMs;
    const changes = closed.map(({ changeAtMs }) => changeAtMs);
    // A list that never opens again holds for good, whatever the others do.
    if (changes.some((change) => change === undefined)) return undefined;
    atMs = Math.max(...changes.map((change) => change ?? atMs));
  }
  return undefined;
}

/** `changeAtMs`: of a closed list, before when it cannot open. */
function changeOf(windows: readonly ChangeWindow[], nowMs: number): { readonly isOpen: boolean; readonly changeAtMs: number | undefined } {
  const states = windows.map((window) => ({ kind: window.kind, ...stateOf(window, nowMs) }));
  const denied = states.filter(({ kind, isActive }) => kind === 'Deny' && isActive);
  const allows = states.filter(({ kind }) => kind === 'Allow');
  const isAllowed = allows.length === 0 || allows.some(({ isActive }) => isActive);
  if (denied.length === 0) return { isOpen: isAllowed, changeAtMs: earliest(...allows.map(({ changeAtMs }) => changeAtMs)) };
  return { isOpen: false, changeAtMs: Math.max(...denied.map(({ changeAtMs }) => changeAtMs ?? nowMs)) };
}

function stateOf({ schedule, timeZone, duration }: ChangeWindow, nowMs: number): { isActive: boolean; changeAtMs: number | undefined } {
  const cron = new Cron(schedule, { timezone: timeZone, paused: true });
  // One millisecond later, so that the opening instant itself counts as inside.
  const [openedAt] = cron.previousRuns(1, new Date(nowMs + 1));
  const endsMs = openedAt === undefined ? Number.NEGATIVE_INFINITY : openedAt.getTime() + duration;
  if (nowMs < endsMs) return { isActive: true, changeAtMs: endsMs };
  return { isActive: false, changeAtMs: cron.nextRun(new Date(nowMs))?.getTime() };
}
