import type { KubeFailure, Resource } from '../kube/index.ts';
import type { Clock } from '../lib/index.ts';

/** An API server that has just come up refuses what it grants a moment later. */
const graceMs = 5_000;
/** Kinds that are refused together are told of together. */
const gatherMs = 1_000;

interface Entry {
  readonly kind: string;
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
  isInForce: boolean;
  cancel: () => void;
}

/**
 * Which watches the API server refuses us (403), by kind and namespace. A refusal counts once it has lasted, and ends with the first
 * answer.
 */
export class Refusals {
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #entries = new Map<string, Entry>();
  /** Resolves when something has been refused. */
  readonly first: Promise<void>;
  #resolveFirst: () => void = () => {};
  #cancelNews: (() => void) | undefined;

  constructor({ clock, onChange }: { readonly clock: Clock; readonly onChange: () => void }) {
    this.#clock = clock;
    this.#onChange = onChange;
    this.first = new Promise((resolve) => {
      this.#resolveFirst = resolve;
    });
  }

  /** For a reflector's `onHealth`. A new reflector of the same kind and namespace takes the place of the old one. */
  listener(resource: Resource, namespace: string | undefined): (failing: KubeFailure | undefined) => void {
    const kind = kindOf(resource);
    const key = `${kind}/${namespace ?? ''}`;
    this.#entries.get(key)?.cancel();
    const entry: Entry = { kind, namespace, isInForce: false, cancel: () => {} };
    this.#entries.set(key, entry);
    return (failing) => this.#hear(entry, failing);
  }

  /** Which of these kinds may not be read; in one namespace, or, without one, in any that is watched. */
  among(resources: readonly Resource[], namespace?: string): readonly string[] {
    const inForce = [...this.#entries.values()].filter(({ isInForce }) => isInForce);
    if (inForce.length === 0) return none;
    const kinds = new Set(resources.map(kindOf));
    const isHere = ({ namespace: scope }: Entry) => namespace === undefined || scope === undefined || scope === namespace;
    const refused = inForce.filter((entry) => kinds.has(entry.kind) && isHere(entry));
    return refused.map(({ kind, namespace: scope }) => (scope === undefined ? kind : `${kind} in namespace ${scope}`));
  }

  close(): void {
    for (const { cancel } of this.#entries.values()) cancel();
    this.#cancelNews?.();
  }

  #hear(entry: Entry, failing: KubeFailure | undefined): void {
    entry.cancel();
    if (failing?.kind === 'forbidden') {
      entry.cancel = this.#clock.after(graceMs, () => this.#set(entry, true));
      return;
    }
    // Out of reach is no word about permissions: what was refused before is refused still.
    if (failing === undefined || failing.kind === 'notFound') this.#set(entry, false);
  }

  #set(entry: Entry, isInForce: boolean): void {
    if (entry.isInForce === isInForce) return;
    entry.isInForce = isInForce;
    this.#cancelNews ??= this.#clock.after(gatherMs, () => this.#tell());
  }

  #tell(): void {
    this.#cancelNews = undefined;
    this.#resolveFirst();
    this.#onChange();
  }
}

const none: readonly never[] = [];

const kindOf = ({ plural, group }: Resource): string => (group === '' ? plural : `${plural}.${group}`);

/** What a condition says of it. */
export const unreadable = (kinds: readonly string[]): string =>
  `the controller may not list and watch ${kinds.join(', ')}; apply the output of: sluice render rbac`;
