import type { KubeClient, KubeFailure, KubeObject, ObjectRef, PatchOptions, Resource, TransportStream } from '../../kube/index.ts';
import { keyOf } from '../../kube/index.ts';
import type { Result } from '../../lib/index.ts';
import { fail, isObject, ok } from '../../lib/index.ts';

export interface Write {
  readonly call: string;
  readonly name: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Objects, lists, watches and merge patches in memory, on nobody's time; and what is forbidden. It validates nothing. */
export class MemoryApi {
  readonly writes: Write[] = [];
  /** `list deployments`, `patch trafficsplits`, `patch rollouts/status`: answered with 403, as the authorizer words it. */
  readonly forbidden = new Set<string>();
  /** Why a patch breaks the kind's schema; undefined where it does not. */
  problemOf: (call: string, body: object) => string | undefined = () => undefined;
  /** What a patch of this kind waits for before it is answered, and counts as written. */
  readonly held = new Map<string, Promise<void>>();
  readonly groups: Record<string, string> = { 'split.smi-spec.io': 'v1alpha4' };
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #watches = new Map<string, Set<Lines>>();
  #version = 100;

  get client(): KubeClient {
    const client: Partial<KubeClient> = {
      listPage: (resource) => Promise.resolve(this.#list(resource)),
      watch: (resource, { resourceVersion }, signal) => Promise.resolve(this.#watch(resource, resourceVersion, signal)),
      get: (resource, ref) => Promise.resolve(this.#get(resource, ref)),
      create: (resource, namespace, body) => Promise.resolve(this.#create(resource, namespace, body as KubeObject)),
      patch: async (resource, ref, body, options) => {
        await this.held.get(resource.plural);
        return this.#patch(resource, ref, body as object, options);
      },
      raw: () => Promise.resolve(ok({ groups: Object.entries(this.groups).map(([name, version]) => ({ name, versions: [{ version }] })) })),
    };
    return client as KubeClient;
  }

  put(plural: string, object: { readonly metadata: { readonly name: string; readonly namespace?: string } }): KubeObject {
    const resourceVersion = String(++this.#version);
    const stored: KubeObject = {
      ...object,
      metadata: { uid: `uid-${plural}-${object.metadata.name}`, ...object.metadata, resourceVersion },
    };
    const all = this.#all(plural);
    const type = all.has(keyOf(stored.metadata)) ? 'MODIFIED' : 'ADDED';
    all.set(keyOf(stored.metadata), stored);
    for (const lines of this.#watches.get(plural) ?? []) lines.push(JSON.stringify({ type, object: stored }));
    return stored;
  }

  object(plural: string, key: string): KubeObject | undefined {
    return this.#all(plural).get(key);
  }

  /** Ends the watches of one kind, as the API server does every few minutes. */
  cutWatches(plural: string): void {
    for (const lines of this.#watches.get(plural) ?? []) lines.end();
  }

  #all(plural: string): Map<string, KubeObject> {
    const known = this.#objects.get(plural) ?? new Map<string, KubeObject>();
    this.#objects.set(plural, known);
    return known;
  }

  #refusal(verb: string, { plural, group }: Resource, subresource?: string): Result<never, KubeFailure> | undefined {
    const what = subresource === undefined ? plural : `${plural}/${subresource}`;
    if (!this.forbidden.has(`${verb} ${what}`)) return undefined;
    const message = `${what}.${group} is forbidden: User "sluice" cannot ${verb} resource "${what}" in API group "${group}"`;
    return fail({ kind: 'forbidden', status: 403, reason: 'Forbidden', message });
  }

  #list(resource: Resource) {
    const items = [...this.#all(resource.plural).values()];
    return this.#refusal('list', resource) ?? ok({ items, resourceVersion: String(this.#version) });
  }

  #watch(resource: Resource, resourceVersion: string | undefined, signal: AbortSignal | undefined): Result<TransportStream, KubeFailure> {
    const refusal = this.#refusal('list', resource) ?? this.#refusal('watch', resource);
    if (refusal !== undefined) return refusal;
    // Without WatchList: lists come by pages.
    if (resourceVersion === undefined) return fail({ kind: 'badRequest', message: 'no WatchList here' });
    const lines = new Lines();
    const open = this.#watches.get(resource.plural) ?? new Set();
    this.#watches.set(resource.plural, open.add(lines));
    const close = () => {
      open.delete(lines);
      lines.end();
    };
    signal?.addEventListener('abort', close, { once: true });
    return ok({ status: 200, headers: {}, lines, failure: () => undefined, close });
  }

  #get({ plural }: Resource, ref: ObjectRef): Result<KubeObject, KubeFailure> {
    const found = this.#all(plural).get(keyOf(ref));
    return found === undefined ? fail({ kind: 'notFound', status: 404, message: `${plural} ${ref.name} not found` }) : ok(found);
  }

  #create(resource: Resource, namespace: string | undefined, body: KubeObject): Result<KubeObject, KubeFailure> {
    this.writes.push({ call: `create ${resource.plural}`, name: body.metadata.name, body: { ...body } });
    const metadata = { ...body.metadata, ...(namespace === undefined ? {} : { namespace }) };
    return this.#refusal('create', resource) ?? ok(this.put(resource.plural, { ...body, metadata }));
  }

  #patch(resource: Resource, ref: ObjectRef, body: object, { subresource }: PatchOptions): Result<KubeObject, KubeFailure> {
    const what = subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;
    this.writes.push({ call: `patch ${what}`, name: ref.name, body: { ...body } });
    const refusal = this.#refusal('patch', resource, subresource);
    const found = this.#get(resource, ref);
    if (refusal !== undefined || !found.ok) return refusal ?? found;
    const problem = this.problemOf(`patch ${what}`, body);
    if (problem !== undefined) return fail({ kind: 'invalid', status: 422, message: problem });
    const { metadata } = body as { readonly metadata?: { readonly resourceVersion?: string } };
    if (metadata?.resourceVersion !== undefined && metadata.resourceVersion !== found.value.metadata.resourceVersion)
      return fail({ kind: 'conflict', status: 409, message: 'the object has been modified' });
    return ok(this.put(resource.plural, merged(found.value, body) as KubeObject));
  }
}

function merged(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}

/** Lines of a watch: pushed by the one side, iterated by the other, until it ends. */
class Lines implements AsyncIterable<string> {
  readonly #waiting: string[] = [];
  #isOver = false;
  #wake: () => void = () => {};

  push(line: string): void {
    this.#waiting.push(line);
    this.#wake();
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for (;;) {
      const line = this.#waiting.shift();
      if (line !== undefined) yield line;
      else if (this.#isOver) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}
