import { keyOf } from '../../../kube/index.ts';
import { sameJson } from '../../../lib/index.ts';
import {
  controllerOf,
  type Deployment,
  draftOf,
  isDeleting,
  isOver,
  type Meta,
  type Pod,
  type ReplicaSet,
  resources,
} from '../../objects/index.ts';
import { after, again, done, type Informer, type Outcome, Worker } from '../../watch/index.ts';
import { claim } from '../claim.ts';
import type { ControllerContext } from '../context.ts';
import { type DeploymentPlan, planDeployment } from './plan.ts';
import { annotations, hasTemplateOf, newReplicaSet, templateHash } from './revisions.ts';

/** Keeps the ReplicaSets of Deployments as their templates, counts and strategies ask. */
export class DeploymentController {
  readonly #context: ControllerContext;
  readonly #deployments: Informer<Deployment>;
  readonly #replicaSets: Informer<ReplicaSet>;
  readonly #pods: Informer<Pod>;
  readonly #worker: Worker;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { informers, clock, delayMs } = context;
    this.#deployments = informers.of(resources.deployments);
    this.#replicaSets = informers.of(resources.replicaSets);
    this.#pods = informers.of(resources.pods);
    this.#worker = new Worker({ clock, delayMs, sync: () => informers.sync(), work: (key) => this.#reconcile(key) });
    this.#deployments.onChange(({ key }) => this.#worker.add(key));
    this.#replicaSets.onChange(({ object: { metadata } }) => this.#replicaSetChanged(metadata));
    this.#pods.onChange(({ type, object }) => {
      if (type === 'deleted') this.#podGone(object);
    });
  }

  #replicaSetChanged(metadata: Meta): void {
    const owner = controllerOf(metadata);
    if (owner?.kind === 'Deployment') this.#worker.add(`${metadata.namespace}/${owner.name}`);
    else if (owner === undefined)
      for (const [key, deployment] of this.#deployments.items)
        if (deployment.metadata.namespace === metadata.namespace) this.#worker.add(key);
  }

  /** Recreate waits for the last of the old pods. */
  #podGone({ metadata }: Pod): void {
    const set = this.#replicaSets.get(`${metadata.namespace}/${controllerOf(metadata)?.name ?? ''}`);
    const owner = set === undefined ? undefined : controllerOf(set.metadata);
    const deployment = this.#deployments.get(`${metadata.namespace}/${owner?.name ?? ''}`);
    if (deployment?.spec.strategy?.type === 'Recreate') this.#worker.add(keyOf(deployment.metadata));
  }

  #reconcile(key: string): Outcome {
    const deployment = this.#deployments.get(key);
    if (deployment === undefined || isDeleting(deployment)) return done;
    const { client, clock } = this.#context;
    const replicaSets = claim(client, resources.replicaSets, deployment, this.#replicaSets.items.values());
    if (replicaSets === undefined) return again;
    const plan = planDeployment({ deployment, replicaSets, podsOf: (set) => this.#podsOf(set), nowMs: clock.nowMs() });
    return this.#execute(deployment, plan);
  }

  #podsOf({ metadata: { uid } }: ReplicaSet): number {
    let count = 0;
    for (const pod of this.#pods.items.values()) if (controllerOf(pod.metadata)?.uid === uid && !isOver(pod)) count += 1;
    return count;
  }

  #execute(deployment: Deployment, plan: DeploymentPlan): Outcome {
    const { client } = this.#context;
    const created = plan.create === undefined ? undefined : this.#create(deployment, plan.create);
    if (created === 'again') return again;
    for (const { replicaSet, replicas, annotations: wanted } of plan.updates) {
      const next = { ...replicaSet, metadata: { ...replicaSet.metadata, annotations: wanted }, spec: { ...replicaSet.spec, replicas } };
      if (!client.replace(resources.replicaSets, draftOf(next)).ok) return again;
    }
    for (const { metadata } of plan.deletions) client.delete(resources.replicaSets, metadata, { propagationPolicy: 'Background' });
    return this.#report(deployment, plan, created);
  }

  /** The name of the new ReplicaSet. One that exists already with another template is a collision, and another name is needed. */
  #create(deployment: Deployment, { replicas, stamp }: NonNullable<DeploymentPlan['create']>): string | 'again' {
    const { client } = this.#context;
    const collisions = deployment.status?.collisionCount ?? 0;
    const draft = newReplicaSet(deployment, templateHash(deployment.spec.template, collisions), replicas, stamp);
    const result = client.create(resources.replicaSets, draft);
    if (result.ok) return result.value.metadata.name;
    const ref = { namespace: deployment.metadata.namespace, name: draft.metadata.name ?? '' };
    const other =
      result.failure.reason === 'AlreadyExists' ? (client.get(resources.replicaSets, ref) as ReplicaSet | undefined) : undefined;
    if (other !== undefined && !(controllerOf(other.metadata)?.uid === deployment.metadata.uid && hasTemplateOf(other, deployment)))
      client.patch(resources.deployments, deployment.metadata, { status: { collisionCount: collisions + 1 } }, { subresource: 'status' });
    return 'again';
  }

  #report(deployment: Deployment, plan: DeploymentPlan, created: string | undefined): Outcome {
    const { status, checkAfterMs } = plan.status(created);
    const said = deployment.metadata.annotations?.[annotations.revision];
    const revision = plan.revision === undefined ? said : String(plan.revision);
    if (!sameJson(deployment.status ?? {}, status) || said !== revision) {
      const metadata = revision === undefined ? deployment.metadata : withAnnotation(deployment.metadata, revision);
      const written = this.#context.client.replace(resources.deployments, draftOf({ ...deployment, metadata, status }), {
        subresource: 'status',
      });
      if (!written.ok) return again;
    }
    return checkAfterMs === undefined ? done : after(checkAfterMs);
  }
}

const withAnnotation = (metadata: Meta, revision: string): Meta => ({
  ...metadata,
  annotations: { ...metadata.annotations, [annotations.revision]: revision },
});
