import { type Clock, type Random, sameJson } from '../../lib/index.ts';
import type { DirectClient } from '../api/index.ts';
import { drawFrom, type Range } from '../chance.ts';
import { isDeleting, type Pod, resources, timeText, workloadOf } from '../objects/index.ts';
import { type Behaviour, behaviourOf, type Fate, type Network, PodServer, type Profiles } from '../pods/index.ts';
import { type Configuration, missingConfiguration } from './environment.ts';
import { type ContainerState, podStatus } from './pod-status.ts';

export interface PodMachineOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly client: DirectClient;
  readonly network: Network;
  readonly configuration: Configuration;
  readonly profiles: Profiles | undefined;
  /** From the binding of a pod to its program, beside what the pod itself takes to start. */
  readonly startMs: Range;
  /** First heard of when it runs: a write less for each pod. */
  readonly isTerse: boolean;
}

type State =
  | ContainerState
  /** Being deleted: it serves until its grace is over. */
  | { readonly kind: 'ending' }
  /** Its node or the kubelet has given it up: nobody reports for it any more. */
  | { readonly kind: 'lost' }
  | { readonly kind: 'gone' };

const retryMs = 300;
const configurationRetryMs = 1_000;
const longestBackOffMs = 10_000;

/** One pod from its binding to its removal: it starts, serves, crashes, comes back, ends. */
export class PodMachine {
  readonly #options: PodMachineOptions;
  readonly #ip: string;
  readonly #seenMs: number;
  #pod: Pod;
  #behaviour: Behaviour;
  #state: State = { kind: 'waiting', reason: 'ContainerCreating' };
  #server: PodServer | undefined;
  #restarts = 0;
  #backOffMs: number | undefined;
  #cancel: () => void = () => {};
  #cancelReport: () => void = () => {};
  /** Looks at the running program again: what it is to do may have changed. */
  #recheck: () => void = () => {};

  constructor(pod: Pod, options: PodMachineOptions) {
    this.#options = options;
    this.#pod = pod;
    this.#behaviour = behaviourOf(pod, options.profiles);
    this.#ip = options.network.takeIp();
    this.#seenMs = options.clock.nowMs();
  }

  begin(): void {
    if (isDeleting(this.#pod)) {
      this.#end();
      return;
    }
    if (!this.#options.isTerse) this.#report();
    this.#start();
  }

  update(pod: Pod): void {
    const isChanged =
      pod.metadata.annotations !== this.#pod.metadata.annotations && !sameJson(pod.metadata.annotations, this.#pod.metadata.annotations);
    this.#pod = pod;
    if (isChanged) this.#behave();
    if (isDeleting(pod) && this.#isAlive()) this.#end();
  }

  /** Its object is gone: nothing may serve any more. */
  remove(): void {
    this.#cancel();
    this.#cancelReport();
    this.#close('killed');
    this.#state = { kind: 'gone' };
  }

  /** Its program ends with an error, now. */
  crash(): void {
    if (this.#state.kind !== 'running') return;
    const { clock } = this.#options;
    const backOffMs = this.#backOffMs ?? this.#behaviour.crashBackOffMs;
    this.#backOffMs = Math.min(backOffMs * 2, longestBackOffMs);
    this.#restarts += 1;
    this.#state = { kind: 'crashed', startedMs: this.#state.startedMs, crashedMs: clock.nowMs(), backOffMs };
    this.#close('crashed');
    this.#report();
    this.#later(backOffMs, () => this.#start());
  }

  /** The node needs the room: the pod is over, its object stays and says so. */
  evict(): void {
    if (!this.#isAlive()) return;
    this.#lose('evicted');
    const nowText = timeText(this.#options.clock.nowMs());
    const notReady = { status: 'False', reason: 'PodFailed', lastTransitionTime: nowText };
    const conditions = [
      { type: 'Ready', ...notReady },
      { type: 'ContainersReady', ...notReady },
    ];
    this.#write({
      phase: 'Failed',
      reason: 'Evicted',
      message: 'The node was low on resource: memory.',
      conditions,
      containerStatuses: null,
    });
  }

  /** Its node is gone with it: no more is heard of either. */
  lose(): void {
    if (this.#isAlive() || this.#state.kind === 'ending') this.#lose('node-lost');
  }

  /** Its node is back, and finishes what it finds deleted. */
  recover(): void {
    if (this.#state.kind !== 'lost') return;
    if (isDeleting(this.#pod)) this.#end();
    else this.#start();
  }

  #isAlive(): boolean {
    return this.#state.kind === 'waiting' || this.#state.kind === 'running' || this.#state.kind === 'crashed';
  }

  #lose(fate: Fate): void {
    this.#cancel();
    this.#cancelReport();
    this.#state = { kind: 'lost' };
    this.#close(fate);
  }

  #start(): void {
    const missing = missingConfiguration(this.#pod, this.#options.configuration);
    if (missing !== undefined) {
      const next: State = { kind: 'waiting', ...missing };
      if (!sameJson(this.#state, next)) {
        this.#state = next;
        this.#report();
      }
      this.#later(configurationRetryMs, () => this.#start());
      return;
    }
    const { random, startMs } = this.#options;
    this.#later(drawFrom(random, startMs) + this.#behaviour.startDelayMs, () => this.#run());
  }

  #run(): void {
    const { clock, network } = this.#options;
    const { namespace = '', name } = this.#pod.metadata;
    const ports = new Set(
      this.#pod.spec.containers.flatMap((container) => (container.ports ?? []).map(({ containerPort }) => containerPort)),
    );
    const server: PodServer = new PodServer({
      probesPerSecond: probesPerSecond(this.#pod),
      ...{ namespace, pod: name, workload: workloadOf(this.#pod), ip: this.#ip, ports, behaviour: this.#behaviour },
      // Whoever asks is in the middle of counting what it was answered.
      onExhausted: () => clock.after(0, () => this.#server === server && this.crash()),
    });
    this.#server = server;
    network.open(server);
    this.#state = { kind: 'running', startedMs: clock.nowMs(), isReady: !this.#behaviour.isNeverReady };
    this.#report();
    this.#watchOver(clock.monotonicMs());
  }

  /** Crashes it when its time has come, and notices when it stops being ready, or becomes so. */
  #watchOver(sinceMs: number): void {
    if (this.#state.kind !== 'running') return;
    const { crashAfterMs = Number.POSITIVE_INFINITY, unreadyAfterMs = Number.POSITIVE_INFINITY, isNeverReady } = this.#behaviour;
    const ageMs = this.#options.clock.monotonicMs() - sinceMs;
    if (ageMs >= crashAfterMs) {
      this.crash();
      return;
    }
    const isReady = !isNeverReady && ageMs < unreadyAfterMs;
    if (isReady !== this.#state.isReady) {
      this.#state = { ...this.#state, isReady };
      this.#report();
    }
    this.#recheck = () => this.#watchOver(sinceMs);
    const nextMs = Math.min(crashAfterMs, ageMs < unreadyAfterMs ? unreadyAfterMs : Number.POSITIVE_INFINITY);
    if (Number.isFinite(nextMs)) this.#later(nextMs - ageMs, this.#recheck);
  }

  /** Its annotations have changed: they count at once. */
  #behave(): void {
    this.#behaviour = behaviourOf(this.#pod, this.#options.profiles);
    const server = this.#server;
    if (server === undefined) return;
    this.#options.network.change(() => {
      server.behaviour = this.#behaviour;
    });
    if (this.#state.kind === 'running') this.#recheck();
  }

  /** A deleted pod still serves for a while, as a preStop hook makes it; then it ends, and its object goes. */
  #end(): void {
    this.#cancelReport();
    this.#state = { kind: 'ending' };
    const server = this.#server;
    if (server !== undefined)
      this.#options.network.change(() => {
        server.isTerminating = true;
      });
    const declaredMs = 1_000 * (this.#pod.spec.terminationGracePeriodSeconds ?? 30);
    this.#later(Math.min(declaredMs, this.#behaviour.shutdownGraceMs), () => {
      this.#close('stopped');
      this.#delete();
    });
  }

  #delete(): void {
    const { client } = this.#options;
    const { uid } = this.#pod.metadata;
    client.delete(resources.pods, this.#pod.metadata, { gracePeriodSeconds: 0, preconditions: { uid } });
    // Where the server could not do it, its object is still there; where another pod has the name, it is not ours to ask again.
    this.#later(retryMs, () => {
      if (client.get(resources.pods, this.#pod.metadata)?.metadata.uid === uid) this.#delete();
    });
  }

  #close(fate: Fate): void {
    if (this.#server !== undefined) this.#options.network.close(this.#server, fate, this.#options.clock.nowMs());
    this.#server = undefined;
  }

  #report(): void {
    const state = this.#state;
    if (state.kind === 'ending' || state.kind === 'lost' || state.kind === 'gone') return;
    const nowMs = this.#options.clock.nowMs();
    this.#write(podStatus({ pod: this.#pod, state, restarts: this.#restarts, ip: this.#ip, seenMs: this.#seenMs, nowMs }));
  }

  /** Again while the server fails; what it refuses for good is left. */
  #write(status: unknown): void {
    this.#cancelReport();
    const result = this.#options.client.patch(resources.pods, this.#pod.metadata, { status }, { subresource: 'status' });
    if (result.ok || [404, 409, 422].includes(result.failure.status)) return;
    this.#cancelReport = this.#options.clock.after(retryMs, () => this.#report());
  }

  #later(delayMs: number, then: () => void): void {
    this.#cancel();
    this.#cancel = this.#options.clock.after(delayMs, then);
  }
}

function probesPerSecond({ spec }: Pod): number {
  const probes = spec.containers.flatMap(({ readinessProbe, livenessProbe }) => [readinessProbe, livenessProbe]);
  return probes.reduce((sum, probe) => (probe?.httpGet === undefined ? sum : sum + 1 / (probe.periodSeconds ?? 10)), 0);
}
