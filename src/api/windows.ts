import { Cron } from 'croner';
import type { FieldError } from './errors.ts';
import { listAt, textAt } from './raw.ts';

/** What only a calendar can say of change windows: whether the schedule is one, in a time zone that exists, and whether it ever opens. */
export const windowErrors = (windows: readonly unknown[], path: string): readonly FieldError[] =>
  windows.flatMap((window, index) => errorsOf(textAt(window, 'schedule'), textAt(window, 'timeZone') ?? 'UTC', `${path}[${index}]`));

export const rolloutWindowErrors = (object: unknown): readonly FieldError[] =>
  windowErrors(listAt(object, 'spec', 'windows'), 'spec.windows');

function errorsOf(schedule: string | undefined, timeZone: string, path: string): readonly FieldError[] {
  const zone = isTimeZone(timeZone)
    ? []
    : [{ path: `${path}.timeZone`, message: `${quoted(timeZone)} is no time zone of the IANA database; use a name such as Europe/Berlin` }];
  const problem = schedule === undefined ? undefined : scheduleProblem(schedule);
  return problem === undefined ? zone : [...zone, { path: `${path}.schedule`, message: problem }];
}

const quoted = (text: string): string => JSON.stringify(text.slice(0, 64));

const problems = new Map<string, string | undefined>();
// A schedule repeats itself within 28 years at the most, so that any moment does to ask whether it ever opens.
const someMoment = new Date(Date.UTC(2026, 0, 1));

function scheduleProblem(schedule: string): string | undefined {
  if (problems.has(schedule)) return problems.get(schedule);
  const problem = findProblem(schedule);
  if (problems.size > 1000) problems.clear();
  problems.set(schedule, problem);
  return problem;
}

function findProblem(schedule: string): string | undefined {
  if (schedule.length > 128 || schedule.split(' ').length !== 5) return undefined; // The schema says so.
  try {
    const cron = new Cron(schedule, { paused: true, mode: '5-part', timezone: 'UTC' });
    return cron.nextRun(someMoment) === null ? 'never comes; check day of month and month' : undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error);
    return `is no cron schedule (${why}); use five fields such as "0 17 * * 5"`;
  }
}

const zones = new Map<string, boolean>();

function isTimeZone(name: string): boolean {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const answer = canFormat(name);
  if (zones.size > 1000) zones.clear();
  zones.set(name, answer);
  return answer;
}

function canFormat(timeZone: string): boolean {
  if (timeZone.length > 64) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch {
    return false;
  }
}
