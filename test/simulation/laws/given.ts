import type { SeenCommit } from '../play/run.ts';
import { type SplitSeen, weightIn } from './seen.ts';
import { toldBy } from './witness.ts';

/** Shares that a split, or what its adapter makes of it, no longer gives: a proxy that still gives one is as far behind as that is long ago. */
export class Given {
  /** By `namespace/backend`, oldest first. */
  readonly #ended = new Map<string, { readonly share: number; readonly atMs: number }[]>();

  /** To be called with each commit. */
  note({ object, previous, type, atMs }: SeenCommit): void {
    const before = previous ?? (type === 'DELETED' ? object : undefined);
    if (before === undefined || !(object.kind === 'TrafficSplit' || object.kind === 'ServiceProfile' || object.kind === 'VirtualService'))
      return;
    for (const [backend, share] of sharesOf(before)) {
      if (share === 0) continue;
      const key = `${object.metadata.namespace ?? ''}/${backend}`;
      this.#ended.set(key, [...(this.#ended.get(key) ?? []), { share, atMs }]);
    }
  }

  /** When as large a share of a backend was last given, where it ever was and was then changed. */
  lastMs(namespace: string, backend: string, share: number): number | undefined {
    // Proxies round, and so do the weights of adapters.
    return this.#ended.get(`${namespace}/${backend}`)?.findLast((ended) => ended.share >= share - 1)?.atMs;
  }
}

function sharesOf(object: NonNullable<SeenCommit['previous']>): ReadonlyMap<string, number> {
  if (object.kind === 'TrafficSplit') {
    const split = object as unknown as SplitSeen;
    return new Map((split.spec?.backends ?? []).map(({ service }) => [service, weightIn(split, service)]));
  }
  const told = toldBy(object);
  const total = told.reduce((sum, { weight }) => sum + weight, 0);
  const shares = new Map<string, number>();
  for (const { backend, weight } of told) shares.set(backend, (shares.get(backend) ?? 0) + (total > 0 ? (100 * weight) / total : 0));
  return shares;
}
