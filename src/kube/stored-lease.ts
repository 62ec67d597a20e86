import { fail, ok, type Result } from '../lib/result.ts';
import { isKubeObject } from './client.ts';
import { describeFailure, type KubeFailure, localFailure } from './failure.ts';
import type { KubeClient, RawOptions } from './kube-client.ts';
import { type LeaseRecord, leaseResource, withRecord } from './lease.ts';
import type { KubeObject } from './object.ts';
import { collectionPath, resourcePath } from './resource-path.ts';

export interface LeaseAt {
  readonly client: Pick<KubeClient, 'raw'>;
  readonly namespace: string;
  readonly name: string;
}

/** One Lease as the API server has it: asked on the priority of leases, each request once, with a deadline of its own. */
export class StoredLease {
  readonly #at: LeaseAt;
  readonly #call: RawOptions;

  constructor(at: LeaseAt, deadlineMs: number) {
    this.#at = at;
    this.#call = { priority: 'lease', deadlineMs, retry: false };
  }

  async get(signal: AbortSignal | undefined): Promise<Result<KubeObject, KubeFailure>> {
    return asObject(await this.#at.client.raw('GET', this.#path(), this.#call, signal));
  }

  async create(record: LeaseRecord, signal: AbortSignal): Promise<Result<KubeObject, KubeFailure>> {
    const { client, namespace, name } = this.#at;
    const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace }, spec: record };
    return asObject(await client.raw('POST', collectionPath(leaseResource, namespace), { ...this.#call, body }, signal));
  }

  /** Under the resourceVersion that `object` has. */
  async put(
    object: KubeObject,
    record: LeaseRecord,
    signal: AbortSignal | undefined,
    guard?: RawOptions['guard'],
  ): Promise<Result<KubeObject, KubeFailure>> {
    const options = { ...this.#call, body: withRecord(object, record), ...(guard === undefined ? {} : { guard }) };
    return asObject(await this.#at.client.raw('PUT', this.#path(), options, signal));
  }

  #path(): string {
    const { namespace, name } = this.#at;
    return resourcePath(leaseResource, { namespace, name });
  }
}

function asObject(reply: Result<unknown, KubeFailure>): Result<KubeObject, KubeFailure> {
  if (!reply.ok) return reply;
  return isKubeObject(reply.value) ? ok(reply.value) : fail(localFailure('protocol', 'the answer is no Lease'));
}

/** Why nobody with these permissions could ever hold it; what passes by itself is left out. */
export const leaseObstacle = (failure: KubeFailure): string | undefined =>
  failure.kind === 'forbidden' || failure.kind === 'notFound' ? `the lease cannot be taken (${describeFailure(failure)})` : undefined;
