import { type ObjectRef, type Resource, resourcePath } from '../kube/index.ts';
import type { Clock } from '../lib/index.ts';
import { type AdmissionHook, type AdmittedPort, podQuota } from './admission.ts';
import { createDirectClient, type DirectClient } from './api/index.ts';
import type { Range } from './chance.ts';
import type { Kubelet } from './kubelet/index.ts';
import type { ControlPlane, MeshLag, Topic } from './mesh/index.ts';
import { resources, splitsOf } from './objects/index.ts';

export interface FaultsOptions {
  readonly clock: Clock;
  readonly port: AdmittedPort;
  readonly mesh: ControlPlane;
  readonly kubelet: Kubelet;
}

const behaviourPrefix = 'bed.sluice.dev/';

/** What can go wrong in the cluster, beside the API server itself: the mesh (F13), pods (F14), other writers (F15). */
export class Faults {
  readonly #options: FaultsOptions;
  readonly #quotas = new Map<string, () => void>();

  constructor(options: FaultsOptions) {
    this.#options = options;
  }

  /** The adapter of a namespace: down, back, slow. */
  adapter(namespace: string): { pause(): void; resume(): void; lag(lagMs: Range): void } {
    const { adapter } = this.#options.mesh;
    return {
      pause: () => adapter.pause(namespace),
      resume: () => adapter.resume(namespace),
      lag: (lagMs) => adapter.setLag(namespace, lagMs),
    };
  }

  /** How long news take to the proxies, from now on. */
  meshLag(lag: Partial<Omit<MeshLag, 'adapterMs'>>): void {
    this.#options.mesh.setLag(lag);
  }

  /** Proxies (all, or those of a client, `namespace/name`) that take no more news: cut off, or refusing what they are sent. */
  hold(topic: Topic, client?: string): void {
    for (const proxy of this.#options.mesh.proxies()) if (isOf(proxy.name, client)) proxy.hold(topic);
  }

  release(topic: Topic, client?: string): void {
    for (const proxy of this.#options.mesh.proxies()) if (isOf(proxy.name, client)) proxy.release(topic);
  }

  crash(pod: ObjectRef): void {
    this.#options.kubelet.crash(pod);
  }

  evict(pod: ObjectRef): void {
    this.#options.kubelet.evict(pod);
  }

  loseNode(pod: ObjectRef): void {
    this.#options.kubelet.lose(pod);
  }

  recoverNode(pod: ObjectRef): void {
    this.#options.kubelet.recover(pod);
  }

  /** How a running pod behaves from now on, in the words of the test bed's annotations; null takes one back. */
  behave(pod: ObjectRef, behaviour: Readonly<Record<string, string | null>>): void {
    const annotations = Object.fromEntries(Object.entries(behaviour).map(([name, value]) => [`${behaviourPrefix}${name}`, value]));
    this.#as('kubectl').patch(resources.pods, pod, { metadata: { annotations } });
  }

  /** No more pods than this in the namespace; undefined: as many as one likes. */
  quota(namespace: string, most: number | undefined): void {
    this.#quotas.get(namespace)?.();
    this.#quotas.delete(namespace);
    const { port } = this.#options;
    if (most !== undefined) this.#quotas.set(namespace, port.admit(podQuota(port, namespace, most)));
  }

  /** A webhook that denies or changes writes. The returned function takes it away. */
  admit(hook: AdmissionHook): () => void {
    return this.#options.port.admit(hook);
  }

  /** Somebody else writes the weights of a split, in a version that is served. False where it was refused. */
  editSplit(version: string, split: ObjectRef, weights: Readonly<Record<string, number>>, writer = 'kubectl-edit'): boolean {
    const backends = Object.entries(weights).map(([service, weight]) => ({ service, weight }));
    return this.#as(writer).patch(splitsOf(version), split, { spec: { backends } }).ok;
  }

  /** Somebody else scales. */
  scale(resource: Resource, ref: ObjectRef, replicas: number, writer = 'kubectl'): boolean {
    return this.#as(writer).patch(resource, ref, { spec: { replicas } }, { subresource: 'scale' }).ok;
  }

  /** A GitOps tool that puts these fields back, every so often: server-side apply with force. The returned function stops it. */
  keepApplied(resource: Resource, object: { readonly metadata: ObjectRef }, everyMs: number, manager = 'kustomize-controller'): () => void {
    const { clock, port } = this.#options;
    const apply = () => {
      applyObject(port, resource, object, manager);
      cancel = clock.after(everyMs, apply);
    };
    let cancel = clock.after(0, apply);
    return () => cancel();
  }

  #as(writer: string): DirectClient {
    return createDirectClient(this.#options.port, { 'user-agent': writer });
  }
}

const isOf = (proxy: string, client: string | undefined): boolean => client === undefined || proxy.startsWith(`${client}-`);

function applyObject({ request }: AdmittedPort, resource: Resource, object: { readonly metadata: ObjectRef }, manager: string): void {
  request({
    method: 'PATCH',
    path: resourcePath(resource, object.metadata),
    query: { fieldManager: manager, force: true },
    headers: { 'content-type': 'application/apply-patch+yaml', 'user-agent': manager },
    body: object,
  });
}
