import { log } from './child.ts';
import { type ApiClient, ApiError } from './client.ts';
import { API_ADDRESS } from './layout.ts';
import { type PodServer, servePod } from './pod-server.ts';
import { annotatedNumber, type ConfigMap, environmentOf, isSet, type Pod } from './pod-types.ts';
import { sleep } from './wait.ts';

export interface PodWorkerOptions {
  readonly client: ApiClient;
  readonly pod: Pod;
  readonly ip: string;
  readonly configMaps: ReadonlyMap<string, ConfigMap>;
  readonly secrets: ReadonlyMap<string, ConfigMap>;
}

type ContainerState =
  | { readonly kind: 'waiting'; readonly reason: string; readonly message?: string }
  | { readonly kind: 'running'; readonly startedAt: string; readonly ready: boolean }
  | { readonly kind: 'crashed'; readonly backOffMs: number };

const now = (): string => new Date().toISOString();

/** One Pod from its binding to its removal: start, serve, crash, come back, drain. */
export class PodWorker {
  readonly #options: PodWorkerOptions;
  #pod: Pod;
  #server: PodServer | undefined;
  #state: ContainerState = { kind: 'waiting', reason: 'ContainerCreating' };
  #restarts = 0;
  #startedAt = now();
  #readySince: string | undefined;
  #ending = false;
  #gone = false;
  #crash: () => void = () => {};
  #writing: Promise<void> = Promise.resolve();

  constructor(options: PodWorkerOptions) {
    this.#options = options;
    this.#pod = options.pod;
    if (options.pod.metadata.deletionTimestamp) void this.#end();
    else void this.#live();
  }

  get key(): string {
    return `${this.#pod.metadata.namespace}/${this.#pod.metadata.name}`;
  }

  /** Requests answered since the container started. */
  served(): number {
    return this.#server?.served() ?? 0;
  }

  update(pod: Pod): void {
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp && !this.#ending) void this.#end();
  }

  /** The object is gone: nothing may serve any more. */
  gone(): void {
    this.#gone = true;
    this.#ending = true;
    this.#crash();
    this.#server?.crash();
  }

  async #live(): Promise<void> {
    let backOffMs = annotatedNumber(this.#pod, 'crash-backoff-ms') ?? 1_000;
    while (!this.#ending) {
      if (!(await this.#start())) return;
      await this.#untilCrash();
      if (this.#ending) return;
      this.#server?.crash();
      this.#server = undefined;
      await this.#report({ kind: 'crashed', backOffMs });
      await sleep(backOffMs);
      backOffMs = Math.min(backOffMs * 2, 10_000);
      this.#restarts += 1;
    }
  }

  /** False where the Pod ended before it could start. */
  async #start(): Promise<boolean> {
    const container = this.#pod.spec.containers[0];
    if (container === undefined) return false;
    await this.#report({ kind: 'waiting', reason: 'ContainerCreating' });
    const ports = this.#pod.spec.containers.flatMap((each) => (each.ports ?? []).map((port) => port.containerPort));
    for (;;) {
      if (this.#ending) return false;
      const environment = environmentOf(this.#pod, container, this.#options.configMaps, this.#options.secrets);
      if (environment.ok) {
        await sleep(annotatedNumber(this.#pod, 'start-delay-ms') ?? 0);
        if (this.#ending) return false;
        const onServed = (count: number) => {
          if (count === annotatedNumber(this.#pod, 'crash-after-requests')) this.#crash();
        };
        this.#server = await servePod({ ip: this.#options.ip, ports, pod: () => this.#pod, environment: environment.values, onServed });
        await this.#report({ kind: 'running', startedAt: now(), ready: !isSet(this.#pod, 'never-ready') });
        return true;
      }
      await this.#report({ kind: 'waiting', reason: environment.reason, message: environment.message });
      await sleep(300);
    }
  }

  /** Watches over a running container; resolves when it crashes or the Pod ends. */
  async #untilCrash(): Promise<void> {
    const since = performance.now();
    let crashed = false;
    const crash = new Promise<void>((resolve) => {
      this.#crash = () => {
        crashed = true;
        resolve();
      };
    });
    while (!this.#ending && !crashed) {
      await Promise.race([crash, sleep(100)]);
      const age = performance.now() - since;
      const afterRequests = annotatedNumber(this.#pod, 'crash-after-requests') !== undefined;
      const afterMs =
        annotatedNumber(this.#pod, 'crash-after-ms') ?? (isSet(this.#pod, 'crash-loop') && !afterRequests ? 1_000 : undefined);
      if (afterMs !== undefined && age >= afterMs) return;
      const isReady =
        !isSet(this.#pod, 'never-ready') && age < (annotatedNumber(this.#pod, 'unready-after-ms') ?? Number.POSITIVE_INFINITY);
      if (this.#state.kind === 'running' && this.#state.ready !== isReady && !this.#ending)
        await this.#report({ ...this.#state, ready: isReady });
    }
  }

  /** A deleted Pod still serves for a while, as a preStop hook makes it; then it finishes what it has, and its object goes. */
  async #end(): Promise<void> {
    this.#ending = true;
    const declared = (this.#pod.spec.terminationGracePeriodSeconds ?? 30) * 1_000;
    await sleep(Math.min(declared, annotatedNumber(this.#pod, 'shutdown-grace-ms') ?? 1_500));
    await this.#server?.close(2_000);
    const { name, namespace, uid } = this.#pod.metadata;
    while (!this.#gone) {
      try {
        await this.#options.client.remove(`/api/v1/namespaces/${namespace}/pods/${name}`, {
          gracePeriodSeconds: 0,
          preconditions: { uid },
        });
        return;
      } catch (error) {
        if (error instanceof ApiError && error.status === 409) return;
        await sleep(300);
      }
    }
  }

  #report(state: ContainerState): Promise<void> {
    this.#state = state;
    // One write at a time, each with what is true when its turn comes.
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const { name, namespace } = this.#pod.metadata;
    while (!this.#gone) {
      try {
        await this.#options.client.patch(`/api/v1/namespaces/${namespace}/pods/${name}/status`, { status: this.#status() });
        return;
      } catch (error) {
        if (error instanceof ApiError && (error.status === 404 || error.status === 409 || error.status === 422)) {
          log('status refused', { pod: `${namespace}/${name}`, error: error.message });
          return;
        }
        await sleep(300);
      }
    }
  }

  #status(): unknown {
    const state = this.#state;
    const isReady = state.kind === 'running' && state.ready;
    this.#readySince = isReady ? (this.#readySince ?? now()) : undefined;
    const reason = isReady ? {} : { reason: 'ContainersNotReady' };
    const is = (type: string, yes: boolean, extra: object = {}) => ({
      type,
      status: yes ? 'True' : 'False',
      lastTransitionTime: (yes ? this.#readySince : undefined) ?? now(),
      ...extra,
    });
    const crashed = { exitCode: 1, reason: 'Error', startedAt: this.#startedAt, finishedAt: now() };
    const states = {
      waiting: () => ({
        waiting: { reason: 'reason' in state ? state.reason : '', ...('message' in state ? { message: state.message } : {}) },
      }),
      running: () => ({ running: { startedAt: 'startedAt' in state ? state.startedAt : now() } }),
      crashed: () => ({ waiting: { reason: 'CrashLoopBackOff', message: `back-off ${'backOffMs' in state ? state.backOffMs : 0} ms` } }),
    };
    const scheduled = (this.#pod.status?.conditions ?? []).filter((condition) => condition.type === 'PodScheduled');
    return {
      phase: state.kind === 'waiting' && this.#restarts === 0 ? 'Pending' : 'Running',
      hostIP: API_ADDRESS,
      podIP: this.#options.ip,
      podIPs: [{ ip: this.#options.ip }],
      startTime: this.#startedAt,
      conditions: [...scheduled, is('Initialized', true), is('ContainersReady', isReady, reason), is('Ready', isReady, reason)],
      containerStatuses: this.#pod.spec.containers.map((container) => ({
        ...{
          name: container.name,
          image: container.image,
          imageID: container.image,
          containerID: `bed://${this.#pod.metadata.uid}/${this.#restarts}`,
        },
        ...{
          ready: isReady,
          started: state.kind === 'running',
          restartCount: this.#restarts + (state.kind === 'crashed' ? 1 : 0),
          state: states[state.kind](),
        },
        ...(state.kind === 'crashed' ? { lastState: { terminated: crashed } } : {}),
      })),
    };
  }
}
