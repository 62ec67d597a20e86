import type { KubeFailure } from './failure.ts';

export interface ReflectorHealth {
  /** The store holds a complete list, perhaps an old one. */
  readonly synced: boolean;
  /** Monotonic time of the last answer or line from the server; undefined before the first. */
  readonly lastContactMs: number | undefined;
  /** Complete lists after the first. */
  readonly relists: number;
  /** Watches opened after the first. */
  readonly restarts: number;
  /** Differences that a safety relist found and no event had announced. */
  readonly repairs: number;
  /** Why there is no live watch at present. */
  readonly failing?: KubeFailure;
  /** The server does not know the resource: its CRD is not installed (yet). */
  readonly isMissing: boolean;
}

export interface KubeHealth {
  /** Everything is synced that is there to be synced. */
  readonly isReady: boolean;
  readonly unsynced: readonly string[];
  /** Resources that the server does not serve. */
  readonly missing: readonly string[];
  readonly failing: readonly { readonly name: string; readonly failure: KubeFailure }[];
  /** Why not one watch is live, where that is so: what is known grows old. */
  readonly allFailing?: KubeFailure;
  /** Monotonic time of the last contact with the API server, where every reflector has lost it. */
  readonly unreachableSinceMs?: number;
}

/**
 * What the reflectors say together. A missing resource does not hold readiness back: an optional CRD may never come, and whoever
 * needs it says so by name.
 */
export function kubeHealth(reflectors: Readonly<Record<string, { health(): ReflectorHealth }>>): KubeHealth {
  const all = Object.entries(reflectors).map(([name, reflector]) => ({ name, ...reflector.health() }));
  const unsynced = all.filter((one) => !one.synced && !one.isMissing).map((one) => one.name);
  const failing = all.flatMap(({ name, failing: failure }) => (failure === undefined ? [] : [{ name, failure }]));
  const [first] = failing;
  const isCutOff = all.length > 0 && all.every((one) => one.failing !== undefined && isUnreachable(one.failing));
  return {
    isReady: unsynced.length === 0,
    unsynced,
    missing: all.filter((one) => one.isMissing).map((one) => one.name),
    failing,
    ...(first !== undefined && failing.length === all.length ? { allFailing: first.failure } : {}),
    ...(isCutOff ? { unreachableSinceMs: Math.max(0, ...all.map((one) => one.lastContactMs ?? 0)) } : {}),
  };
}

function isUnreachable(failure: KubeFailure): boolean {
  return failure.kind === 'network' || failure.kind === 'timeout' || failure.kind === 'unavailable';
}
