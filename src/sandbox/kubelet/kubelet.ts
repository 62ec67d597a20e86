import { keyOf, type ObjectRef } from '../../kube/index.ts';
import type { Clock, Random } from '../../lib/index.ts';
import type { DirectClient } from '../api/index.ts';
import { drawFrom, type Range } from '../chance.ts';
import { type ConfigMap, type Pod, resources, type Secret, timeText } from '../objects/index.ts';
import type { Network, Profiles } from '../pods/index.ts';
import type { Informer, Informers } from '../watch/index.ts';
import { PodMachine } from './pod-machine.ts';

export interface KubeletOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly client: DirectClient;
  readonly informers: Informers;
  readonly network: Network;
  readonly profiles: Profiles | undefined;
  /** From the creation of a pod to its place on a node. */
  readonly scheduleMs: Range;
  readonly startMs: Range;
  readonly isTerse: boolean;
  /** The counters of the pod's proxy end with it. */
  readonly onGone: (namespace: string, pod: string) => void;
}

export const nodeName = 'sandbox';
const noticeLostMs = 40_000;
const giveUpLostMs = 300_000;

/** Scheduler and kubelet of the one node: every pod that is bound to it gets a program that lives and dies as the pod says. */
export class Kubelet {
  readonly #options: KubeletOptions;
  readonly #pods: Informer<Pod>;
  readonly #configMaps: Informer<ConfigMap>;
  readonly #secrets: Informer<Secret>;
  readonly #machines = new Map<string, PodMachine>();

  constructor(options: KubeletOptions) {
    this.#options = options;
    const { informers } = options;
    this.#pods = informers.of(resources.pods);
    this.#configMaps = informers.of(resources.configMaps);
    this.#secrets = informers.of(resources.secrets);
    this.#pods.onChange(({ type, object }) => (type === 'deleted' ? this.#removed(object) : this.#seen(object)));
  }

  /** The program of this pod ends with an error, now. */
  crash(ref: ObjectRef): void {
    this.#machine(ref)?.crash();
  }

  /** The node needs the room: the pod is over, its object stays. */
  evict(ref: ObjectRef): void {
    this.#machine(ref)?.evict();
  }

  /** The pod's node is lost: after 40 s it counts as not ready, after another five minutes it is deleted, and nobody finishes that. */
  lose(ref: ObjectRef): void {
    const machine = this.#machine(ref);
    const uid = this.#pods.get(keyOf(ref))?.metadata.uid;
    if (machine === undefined) return;
    machine.lose();
    const { clock, client } = this.#options;
    const isStillThat = () => this.#pods.get(keyOf(ref))?.metadata.uid === uid;
    clock.after(noticeLostMs, () => {
      if (isStillThat()) this.#notReady(ref);
    });
    clock.after(noticeLostMs + giveUpLostMs, () => {
      if (isStillThat()) client.delete(resources.pods, ref, { preconditions: { uid } });
    });
  }

  /** The lost node is back. */
  recover(ref: ObjectRef): void {
    this.#machine(ref)?.recover();
  }

  #machine(ref: ObjectRef): PodMachine | undefined {
    return this.#machines.get(this.#pods.get(keyOf(ref))?.metadata.uid ?? '');
  }

  #seen(pod: Pod): void {
    const { uid } = pod.metadata;
    const known = this.#machines.get(uid);
    if (known !== undefined) {
      known.update(pod);
      return;
    }
    if ((pod.spec.nodeName ?? '') === '') {
      this.#schedule(pod);
      return;
    }
    if (pod.spec.nodeName !== nodeName) return;
    const { clock, random, client, network, profiles, startMs, isTerse } = this.#options;
    const configuration = { configMap: (key: string) => this.#configMaps.get(key), secret: (key: string) => this.#secrets.get(key) };
    const machine = new PodMachine(pod, { clock, random, client, network, configuration, profiles, startMs, isTerse });
    this.#machines.set(uid, machine);
    // Writes come from the clock, not from the middle of the news that others are still to hear.
    clock.after(0, () => {
      if (this.#machines.get(uid) === machine) machine.begin();
    });
  }

  #schedule({ metadata }: Pod): void {
    const { clock, random, client, scheduleMs } = this.#options;
    const { uid, deletionTimestamp } = metadata;
    if (deletionTimestamp !== undefined) return;
    clock.after(drawFrom(random, scheduleMs), () => {
      const pod = this.#pods.get(keyOf(metadata));
      if (pod?.metadata.uid !== uid || (pod.spec.nodeName ?? '') !== '') return;
      const bound = client.patch(resources.pods, metadata, { spec: { nodeName } });
      if (!bound.ok && bound.failure.status >= 500) this.#schedule(pod);
    });
  }

  #removed({ metadata: { uid, namespace = '', name } }: Pod): void {
    this.#machines.get(uid)?.remove();
    this.#machines.delete(uid);
    this.#options.onGone(namespace, name);
  }

  #notReady(ref: ObjectRef): void {
    const { client, clock } = this.#options;
    const known = this.#pods.get(keyOf(ref))?.status?.conditions ?? [];
    const isConcerned = (type: string) => type === 'Ready' || type === 'ContainersReady';
    const conditions = known.map((condition) =>
      isConcerned(condition.type)
        ? { ...condition, status: 'False', reason: 'NodeNotReady', lastTransitionTime: timeText(clock.nowMs()) }
        : condition,
    );
    client.patch(resources.pods, ref, { status: { conditions } }, { subresource: 'status' });
  }
}
