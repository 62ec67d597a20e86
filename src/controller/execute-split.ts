import type { Effect } from '../core/index.ts';
import { ok } from '../lib/index.ts';
import { routerOf } from '../traffic/index.ts';
import type { Assumed, Executors, Scene, Written } from './execute.ts';

/** The split, as the router renders it. */

export async function writeSplit(
  effect: Extract<Effect, { kind: 'writeSplit' }>,
  scene: Scene,
  { client, clock, absorb }: Executors,
  signal: AbortSignal,
): Promise<Written> {
  const { world, target, owner } = scene;
  if (target === undefined) return ok(undefined);
  const { router, config } = routerOf(world.rollout.spec.traffic);
  const write = router.render(config, target, {
    split: effect.split,
    owner,
    stamp: { rollout: owner.uid, epoch: world.epoch, writtenAtMs: effect.sinceMs ?? clock.nowMs() },
    current:
      effect.uid === undefined || effect.resourceVersion === undefined
        ? undefined
        : { uid: effect.uid, resourceVersion: effect.resourceVersion },
  });
  const options = { priority: effect.isCut ? ('cut' as const) : ('normal' as const) };
  const written =
    write.kind === 'create'
      ? await client.create(write.resource, write.namespace, write.body, options, signal)
      : await client.patch(
          write.resource,
          { namespace: write.namespace, name: write.name },
          write.body,
          { type: 'merge', ...options },
          signal,
        );
  if (written.ok) absorb(write.resource, written.value);
  return written;
}

export async function deleteSplit(
  { uid, resourceVersion }: Assumed,
  { world, target }: Scene,
  { client }: Executors,
  signal: AbortSignal,
): Promise<Written> {
  if (target === undefined) return ok(undefined);
  const { router, config } = routerOf(world.rollout.spec.traffic);
  const name = router.objectName(config, world.rollout.spec.service.name);
  return client.delete(target.resource, { namespace: world.rollout.namespace, name }, { preconditions: { uid, resourceVersion } }, signal);
}
