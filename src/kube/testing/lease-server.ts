import { fail, ok, type Result } from '../../lib/result.ts';
import { type KubeFailure, localFailure } from '../failure.ts';
import type { KubeClient } from '../kube-client.ts';

const microTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

type Lost = 'landed' | 'not landed';

/** One Lease with compare-and-swap, in virtual time, and faults for the next writes. */
export class LeaseServer implements Pick<KubeClient, 'raw'> {
  lease: { metadata: Record<string, unknown>; spec: Record<string, unknown> } | undefined;
  isDown = false;
  losesAnswers: Lost[] = [];
  refuses: KubeFailure[] = [];
  #version = 0;

  readonly raw: KubeClient['raw'] = async (method, _path, options = {}) => {
    if (this.isDown) return fail(localFailure('network', 'down'));
    if (method === 'GET') return this.#current();
    const refused = this.refuses.shift();
    if (refused !== undefined) return fail(refused);
    const lost = this.losesAnswers.shift();
    const written = lost === 'not landed' ? undefined : this.#write(method, options.body as NonNullable<LeaseServer['lease']>);
    return lost !== undefined || written === undefined ? fail(localFailure('unknownOutcome', 'the answer was lost')) : written;
  };

  /** Someone edits the lease behind everybody's back. */
  edit(spec: Record<string, unknown>): void {
    if (this.lease === undefined) throw new Error('there is no lease');
    this.#store({ ...this.lease, spec: { ...this.lease.spec, ...spec } });
  }

  /** The store is put back from a backup in which the lease was like this. */
  putBack(lease: unknown): void {
    this.lease = structuredClone(lease as NonNullable<LeaseServer['lease']>);
    this.#version = Number(this.lease?.metadata.resourceVersion);
  }

  #write(method: string, body: NonNullable<LeaseServer['lease']>): Result<unknown, KubeFailure> {
    if (method === 'POST' && this.lease !== undefined) return fail(localFailure('alreadyExists', 'exists'));
    if (method === 'PUT' && this.lease === undefined) return fail(localFailure('notFound', 'none'));
    if (method === 'PUT' && body.metadata.resourceVersion !== this.lease?.metadata.resourceVersion)
      return fail(localFailure('conflict', 'moved on'));
    if (!microTime.test(String(body.spec.renewTime))) throw new Error('renewTime is no MicroTime');
    this.#store(body);
    return this.#current();
  }

  #store(lease: NonNullable<LeaseServer['lease']>): void {
    const metadata = { ...lease.metadata, uid: 'l', resourceVersion: String(++this.#version) };
    this.lease = structuredClone({ ...lease, metadata });
  }

  #current(): Result<unknown, KubeFailure> {
    return this.lease === undefined ? fail(localFailure('notFound', 'none')) : ok(structuredClone(this.lease));
  }
}
