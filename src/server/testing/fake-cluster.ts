import { decisionSpecSchema } from '../../core/decision.ts';
import type { Rollout, RolloutStatus } from '../../core/rollout.ts';
import { rolloutSpecSchema, rolloutStatusSchema } from '../../core/rollout.ts';
import type { RolloutView } from '../../core/view.ts';
import { viewOf } from '../../core/view.ts';
import type { KubeClient, KubeFailure, KubeObject } from '../../kube/index.ts';
import { localFailure } from '../../kube/index.ts';
import type { Result } from '../../lib/index.ts';
import { fail, isObject, ok } from '../../lib/index.ts';
import type { RolloutKey, RolloutSource } from '../source.ts';

export interface FakeUser {
  readonly username: string;
  readonly groups?: readonly string[];
  /** Left out: the API server's own. */
  readonly audiences?: readonly string[];
}

interface ReviewSpec {
  readonly token?: string;
  readonly audiences?: readonly string[];
  readonly user?: string;
  readonly resourceAttributes?: Readonly<Record<string, string>>;
}

/** The API server's own audience. */
export const clusterAudience = 'https://kubernetes.default.svc';

/** An API server as far as the HTTP API uses it: reviews, Decisions, and Rollouts to be read anew; and the same Rollouts as a cache has them. */
export class FakeCluster {
  readonly users = new Map<string, FakeUser>();
  /** `alice get rollouts shop web`, `bob approve rollouts/decision shop *`; `*` for any. */
  readonly grants = new Set<string>();
  readonly decisions = new Map<string, KubeObject>();
  readonly reviews: ReviewSpec[] = [];
  readonly creations: string[] = [];
  /** As the API server has them; the cache has them once `sync` was called. */
  readonly rollouts = new Map<string, Rollout>();
  readonly #cached = new Map<string, Rollout>();
  readonly #listeners = new Map<string, Set<() => void>>();
  /** The answer to every call, while it is set. */
  failure: KubeFailure | undefined;
  /** Of the next `create`: it is written, and the answer is lost. */
  losesAnswer = false;
  isSynced = true;
  #version = 1;

  grant(username: string, verb: string, resource: string, namespace = '*', name = '*'): void {
    this.grants.add([username, verb, resource, namespace, name].join(' '));
  }

  put(namespace: string, name: string, status: Partial<RolloutStatus> = {}): void {
    const spec = rolloutSpecSchema.parse({
      workloadRef: { name },
      service: { name },
      traffic: { smi: {} },
      strategy: { canary: { steps: [{ setWeight: 10 }, { pause: {} }] } },
    });
    this.rollouts.set(`${namespace}/${name}`, {
      ...{ namespace, name, uid: `uid-${namespace}-${name}`, resourceVersion: String(++this.#version), generation: 1 },
      ...{ createdAt: '2026-03-01T12:00:00Z', isDeleting: false, hasFinalizer: true, finalizers: [], adoptsSplit: false, spec },
      status: { ...rolloutStatusSchema.parse({}), phase: 'Healthy', stableRevision: 'aaaa', ...status },
    });
  }

  /** The watch has brought what there is. */
  sync(): void {
    this.#cached.clear();
    for (const [key, rollout] of this.rollouts) this.#cached.set(key, rollout);
    for (const listeners of this.#listeners.values()) for (const listener of listeners) listener();
  }

  get source(): RolloutSource {
    const cluster = this;
    return {
      get isSynced() {
        return cluster.isSynced;
      },
      covers: (namespace) => namespace !== 'unwatched',
      keys: () => [...this.#cached.values()].sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1)),
      get: (key) => this.#view(key),
      watch: (key, onChange) => {
        const listeners = this.#listeners.get(keyOf(key)) ?? new Set();
        this.#listeners.set(keyOf(key), listeners);
        listeners.add(onChange);
        return () => listeners.delete(onChange);
      },
    };
  }

  get watched(): number {
    return [...this.#listeners.values()].reduce((sum, { size }) => sum + size, 0);
  }

  #view(key: RolloutKey): RolloutView | undefined {
    const rollout = this.#cached.get(keyOf(key));
    return rollout === undefined ? undefined : viewOf({ rollout, revisions: [], runs: [], decisions: [], nowMs: 0 });
  }

  get client(): KubeClient {
    const client: Partial<KubeClient> = {
      raw: async (_method, path, options) => {
        const { spec } = (options?.body ?? { spec: {} }) as { spec: ReviewSpec };
        this.reviews.push(spec);
        if (this.failure !== undefined) return fail(this.failure);
        return ok({ status: path.endsWith('tokenreviews') ? this.#token(spec) : { allowed: this.#allows(spec) } });
      },
      get: async (resource, { namespace = '', name }) => {
        if (this.failure !== undefined) return fail(this.failure);
        const key = `${namespace}/${name}`;
        const found = resource.kind === 'Decision' ? this.decisions.get(key) : wireOf(this.rollouts.get(key));
        return found === undefined ? fail(localFailure('notFound', `${key} not found`)) : ok(found);
      },
      create: async (_resource, namespace = '', body) => this.#create(namespace, body as Readonly<Record<string, unknown>>),
    };
    return client as KubeClient;
  }

  #token({ token = '', audiences }: ReviewSpec) {
    const user = this.users.get(token);
    const own = user?.audiences ?? [clusterAudience];
    const common = (audiences ?? [clusterAudience]).filter((audience) => own.includes(audience));
    if (user === undefined || common.length === 0) return { authenticated: false, error: 'no' };
    return { authenticated: true, user: { username: user.username, groups: user.groups ?? [] }, audiences: common };
  }

  #allows({ user = '', resourceAttributes = {} }: ReviewSpec): boolean {
    const { verb = '', resource = '', subresource, namespace = '', name = '' } = resourceAttributes;
    const what = subresource === undefined ? resource : `${resource}/${subresource}`;
    const forms = [`${namespace} ${name}`, `${namespace} *`, '* *'].filter((form) => !form.startsWith(' '));
    return forms.some((form) => this.grants.has(`${user} ${verb} ${what} ${form}`));
  }

  async #create(namespace: string, body: Readonly<Record<string, unknown>>): Promise<Result<KubeObject, KubeFailure>> {
    if (this.failure !== undefined) return fail(this.failure);
    const metadata = body.metadata as { name?: string; generateName?: string };
    const name = metadata.name ?? `${metadata.generateName ?? ''}${this.decisions.size}`;
    this.creations.push(name);
    // As much later as it takes for others to come between.
    await Promise.resolve();
    if (this.decisions.has(`${namespace}/${name}`)) return fail(localFailure('alreadyExists', `${name} exists`));
    const parsed = decisionSpecSchema.safeParse(body.spec);
    if (!parsed.success) return fail(localFailure('invalid', parsed.error.message));
    const object = { ...body, metadata: { name, namespace, uid: `uid-${name}`, resourceVersion: String(++this.#version) } };
    this.decisions.set(`${namespace}/${name}`, object);
    if (!this.losesAnswer) return ok(object);
    this.losesAnswer = false;
    return fail(localFailure('unknownOutcome', 'the answer was lost'));
  }

  /** What the only Decision says. */
  get onlySpec(): Readonly<Record<string, unknown>> {
    const [object, ...others] = [...this.decisions.values()];
    if (object === undefined || others.length > 0) throw new Error(`${this.decisions.size} Decisions`);
    return isObject(object.spec) ? object.spec : {};
  }
}

const keyOf = ({ namespace, name }: RolloutKey): string => `${namespace}/${name}`;

function wireOf(rollout: Rollout | undefined): KubeObject | undefined {
  if (rollout === undefined) return undefined;
  const { namespace, name, uid, resourceVersion, status } = rollout;
  return {
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'Rollout',
    metadata: { namespace, name, uid, resourceVersion, generation: 1, creationTimestamp: rollout.createdAt },
    spec: {
      workloadRef: { name },
      service: { name },
      traffic: { smi: {} },
      strategy: { canary: { steps: [{ setWeight: 10 }, { pause: {} }] } },
    },
    status,
  };
}
