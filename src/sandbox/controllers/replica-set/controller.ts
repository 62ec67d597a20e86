import { sameJson } from '../../../lib/index.ts';
import type { ApiDraft } from '../../api/index.ts';
import { type Condition, controllerOf, draftOf, isDeleting, type Pod, type ReplicaSet, resources, selects } from '../../objects/index.ts';
import { after, again, done, type Informer, type Outcome, Worker } from '../../watch/index.ts';
import { claim } from '../claim.ts';
import type { ControllerContext } from '../context.ts';
import { burst, countPods, failureOf, isActivePod, toDelete } from './plan.ts';

/** Makes and deletes pods until each ReplicaSet has as many as it asks for. */
export class ReplicaSetController {
  readonly #context: ControllerContext;
  readonly #replicaSets: Informer<ReplicaSet>;
  readonly #pods: Informer<Pod>;
  readonly #worker: Worker;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { informers, clock, delayMs } = context;
    this.#replicaSets = informers.of(resources.replicaSets);
    this.#pods = informers.of(resources.pods);
    this.#worker = new Worker({ clock, delayMs, sync: () => informers.sync(), work: (key) => this.#reconcile(key) });
    this.#replicaSets.onChange(({ key }) => this.#worker.add(key));
    this.#pods.onChange(({ object }) => this.#podChanged(object));
  }

  #podChanged(pod: Pod): void {
    const { namespace, labels } = pod.metadata;
    const owner = controllerOf(pod.metadata);
    if (owner?.kind === 'ReplicaSet') {
      this.#worker.add(`${namespace}/${owner.name}`);
      return;
    }
    if (owner !== undefined || isDeleting(pod)) return;
    for (const [key, { metadata, spec }] of this.#replicaSets.items)
      if (metadata.namespace === namespace && selects(spec.selector, labels)) this.#worker.add(key);
  }

  #reconcile(key: string): Outcome {
    const set = this.#replicaSets.get(key);
    if (set === undefined) return done;
    const { client } = this.#context;
    // Pods that are over are adopted by nobody, and count for nobody.
    const candidates = [...this.#pods.items.values()].filter(isActivePod);
    const pods = claim(client, resources.pods, set, candidates);
    if (pods === undefined) return again;
    const failure = isDeleting(set) ? undefined : this.#manage(set, pods);
    return this.#report(set, pods, failure);
  }

  /** The condition that says what went wrong. */
  #manage(set: ReplicaSet, pods: readonly Pod[]): Condition | undefined {
    const missing = set.spec.replicas - pods.length;
    if (missing > 0) return this.#createPods(set, Math.min(burst, missing));
    for (const { metadata } of toDelete(pods, Math.min(burst, -missing))) {
      const { uid } = metadata;
      this.#context.client.delete(resources.pods, metadata, { preconditions: { uid } });
    }
    return undefined;
  }

  /** One, two, four, ... at a time: after a refusal no further ones are tried. */
  #createPods(set: ReplicaSet, count: number): Condition | undefined {
    for (let made = 0, batch = 1; made < count; made += batch, batch *= 2) {
      const results = Array.from({ length: Math.min(batch, count - made) }, () => this.#context.client.create(resources.pods, podOf(set)));
      const refused = results.find((result) => !result.ok);
      if (refused !== undefined && !refused.ok) return failureOf('FailedCreate', refused.failure.message, this.#context.clock.nowMs());
    }
    return undefined;
  }

  /** Counts the pods that the pass began with: those that it made or deleted come back as news. */
  #report(set: ReplicaSet, pods: readonly Pod[], failure: Condition | undefined): Outcome {
    const { client, clock } = this.#context;
    const { status, checkAfterMs } = countPods(set, pods, failure, clock.nowMs());
    if (!sameJson(set.status ?? {}, status)) {
      const written = client.replace(resources.replicaSets, draftOf({ ...set, status }), { subresource: 'status' });
      if (!written.ok) return written.failure.status === 404 ? done : again;
    }
    if (failure !== undefined) return again;
    return checkAfterMs === undefined ? done : after(checkAfterMs);
  }
}

function podOf(set: ReplicaSet): ApiDraft {
  const { name, uid, namespace } = set.metadata;
  const { metadata, spec } = set.spec.template;
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid, controller: true, blockOwnerDeletion: true };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, generateName: `${name}-`, namespace, ownerReferences: [owner] },
    spec,
  };
}
