import { apiVersion, decisions, rollouts } from '../api/index.ts';
import type { Effect } from '../core/index.ts';
import { isoOf } from '../core/time.ts';
import type { KubeFailure } from '../kube/index.ts';
import { compareResourceVersions } from '../kube/index.ts';
import type { Result } from '../lib/index.ts';
import { fail, ok } from '../lib/index.ts';
import type { Executors, Scene } from './execute.ts';

export type Answer = Extract<Effect, { kind: 'answerDecision' }>;

/**
 * Tells people what became of their decisions. What was followed is recorded by now; what is refused is refused only by the Rollout as it is: a leader that
 * has just begun may know an older one. Nothing else waits for an answer that cannot be written.
 */
export async function answer(
  answers: readonly Answer[],
  scene: Scene,
  isRecorded: boolean,
  executors: Executors,
  signal: AbortSignal,
): Promise<Result<void, KubeFailure>> {
  const current =
    isRecorded || answers.every(({ state }) => state === 'Accepted') ? ok(undefined) : await isCurrent(scene, executors, signal);
  if (!current.ok) return current;
  const written = await Promise.all(answers.map((one) => answerOne(one, scene, executors, signal)));
  return written.find((one) => !one.ok) ?? ok(undefined);
}

async function isCurrent(
  { world, resourceVersion }: Scene,
  { client }: Executors,
  signal: AbortSignal,
): Promise<Result<void, KubeFailure>> {
  const asked = await client.get(rollouts, world.rollout, signal);
  if (!asked.ok) return asked;
  return compareResourceVersions(asked.value.metadata.resourceVersion, resourceVersion) > 0
    ? fail({ kind: 'conflict', message: 'the Rollout has changed meanwhile' })
    : ok(undefined);
}

async function answerOne(
  { name, uid, resourceVersion, isToBeOwned, state, message }: Answer,
  { world, owner }: Scene,
  { client, clock, absorb }: Executors,
  signal: AbortSignal,
): Promise<Result<void, KubeFailure>> {
  const { namespace } = world.rollout;
  const ref = { namespace, name };
  let version = resourceVersion;
  if (isToBeOwned) {
    const ownerReferences = [{ apiVersion, kind: rollouts.kind, name: owner.name, uid: owner.uid }];
    const owned = await client.patch(
      decisions,
      ref,
      { metadata: { uid, resourceVersion: version, ownerReferences } },
      { type: 'merge' },
      signal,
    );
    if (!owned.ok) return isNews(owned.failure) ? ok(undefined) : owned;
    version = owned.value.metadata.resourceVersion;
    absorb(decisions, owned.value);
  }
  const body = {
    metadata: { uid, resourceVersion: version },
    status: { state, message: message.slice(0, 2048), at: isoOf(clock.nowMs()) },
  };
  const written = await client.patch(decisions, ref, body, { type: 'merge', subresource: 'status' }, signal);
  if (written.ok) absorb(decisions, written.value);
  return written.ok || isNews(written.failure) ? ok(undefined) : written;
}

/** Deleted meanwhile, or another version of it: the watch brings it, and it is looked at again. */
const isNews = ({ kind }: KubeFailure): boolean => kind === 'notFound' || kind === 'conflict';
