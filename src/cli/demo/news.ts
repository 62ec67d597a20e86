import type { Abort, RevisionView, Scene } from './scene.ts';
import { percent } from './text.ts';

/** One line of what happened. */
export interface News {
  readonly atMs: number;
  readonly text: string;
  readonly tone: 'plain' | 'good' | 'bad' | 'busy';
}

type Told = Omit<News, 'atMs'>;

/** What is different now: the same lines with a terminal and without one. */
export function newsBetween(before: Scene | undefined, now: Scene): readonly Told[] {
  return [...adoption(before, now), ...raise(before, now), ...ending(before, now)];
}

/** The label `version` of a revision's pods; its hash where they have none any more. */
export const versionOf = (scene: Scene, revision: string | undefined): string =>
  scene.revisions.find((each) => each.revision === revision)?.version ?? revision ?? '';

function adoption(before: Scene | undefined, { rollout }: Scene): readonly Told[] {
  if (rollout?.phase !== 'Initializing' || before?.rollout?.phase === 'Initializing') return [];
  return [
    { tone: 'busy', text: 'the controller takes the Deployment over: a revision of its own first, then the traffic, then the old pods go' },
  ];
}

/** A weight is told once it is confirmed: until then it is a wish. */
function raise(before: Scene | undefined, now: Scene): readonly Told[] {
  const { rollout } = now;
  if (rollout?.phase !== 'Progressing' && rollout?.phase !== 'Paused') return [];
  const canary = canaryOf(now);
  // Named once it has pods to read its version from.
  if (canary === undefined) return [];
  const { version } = canary;
  const isNew = canary.revision !== (before === undefined ? undefined : canaryOf(before)?.revision);
  const weightBefore = isNew ? 0 : (before?.rollout?.desired ?? 0);
  const appeared: readonly Told[] = isNew
    ? [{ tone: 'busy', text: `a new template, ${version}: its pods come first, without any traffic` }]
    : [];
  const { desired = 0 } = rollout;
  if (desired <= weightBefore) return appeared;
  const passed = weightBefore === 0 ? `${version} has its pods` : `${version} passed at ${weightBefore} % (${measuredText(canary)})`;
  return [...appeared, { tone: 'plain', text: `${passed}: ${desired} % of the traffic` }];
}

const canaryOf = ({ rollout, revisions }: Scene): RevisionView | undefined =>
  revisions.find(({ revision }) => revision !== '' && revision === rollout?.canary);

function ending(before: Scene | undefined, now: Scene): readonly Told[] {
  const { rollout } = now;
  if (rollout === undefined || rollout.phase === before?.rollout?.phase) return [];
  const { phase, stable, canary, abort, message } = rollout;
  switch (phase) {
    case 'Healthy':
      return [{ tone: 'good', text: `${versionOf(now, stable)} has all traffic and is the stable revision` }];
    case 'Aborting':
      return [{ tone: 'bad', text: abort === undefined ? message : whyAborted(abort) }];
    case 'RolledBack': {
      const isTold = before?.rollout?.phase === 'Aborting' || abort === undefined;
      const text = `${versionOf(now, canary)} is rolled back, all traffic is with ${versionOf(now, stable)} again`;
      return [...(isTold ? [] : [{ tone: 'bad', text: whyAborted(abort) } as const]), { tone: 'bad', text }];
    }
    case 'Degraded':
      return [{ tone: 'bad', text: message }];
    default:
      return [];
  }
}

/** The reason with the measurement that decided, where there is one; else with the controller's own words. */
export function whyAborted({ reason, message, failed }: Abort): string {
  if (failed === undefined) return `${reason}: ${message}`;
  const { metric, value, min, max } = failed;
  const wanted = [...(min === undefined ? [] : [`at least ${min}`]), ...(max === undefined ? [] : [`at most ${max}`])].join(' and ');
  return `${reason}: ${metric} is ${Math.round(value * 1_000) / 1_000}${wanted === '' ? '' : `, wanted ${wanted}`}`;
}

function measuredText(revision: RevisionView | undefined): string {
  const { successRate, p99Ms } = revision ?? {};
  const success = successRate === undefined ? 'no data' : `success ${percent(successRate)}`;
  return p99Ms === undefined ? success : `${success}, p99 ${Math.round(p99Ms)} ms`;
}

/** The controller's own sentence, with versions for hashes and seconds for moments. */
export function waitsFor(scene: Scene): string {
  const { rollout } = scene;
  if (rollout === undefined) return 'no Rollout yet: a plain Deployment and its Service';
  const named = scene.revisions.reduce(
    (text, { revision, version }) => (revision === '' ? text : text.replaceAll(revision, version)),
    rollout.message,
  );
  const { step } = rollout;
  if (step?.secondsLeft === undefined) return named;
  return named.replace(/waiting until [0-9TZ:.-]+/, step.secondsLeft > 0 ? `a pause, ${step.secondsLeft} s left` : 'the pause is over');
}
