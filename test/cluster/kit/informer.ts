import { type ApiClient, ApiError, type KubeObject } from './client.ts';
import { sleep } from './wait.ts';

export type Change = 'added' | 'modified' | 'deleted';

export interface Informer<T extends KubeObject> {
  /** By `namespace/name`. */
  readonly items: ReadonlyMap<string, T>;
  readonly synced: Promise<void>;
  /** Lists and watches another path from now on (another served version). */
  redirect(path: string | undefined): void;
  stop(): void;
}

export const keyOf = (object: KubeObject): string =>
  object.metadata.namespace ? `${object.metadata.namespace}/${object.metadata.name}` : object.metadata.name;

/**
 * List, watch, list again after any trouble: `isRelisted` where the change comes from such a later list, so that versions between may have
 * been missed. A path that is not served (404) counts as an empty list.
 */
export function inform<T extends KubeObject>(
  client: ApiClient,
  path: string | undefined,
  onChange: (change: Change, object: T, isRelisted: boolean) => void,
): Informer<T> {
  const items = new Map<string, T>();
  let current = path;
  let stopped = false;
  let isListed = false;
  let isRelisting = false;
  let round = new AbortController();
  let setSynced = () => {};
  const synced = new Promise<void>((resolve) => {
    setSynced = resolve;
  });

  const put = (object: T) => {
    const before = items.get(keyOf(object));
    items.set(keyOf(object), object);
    if (before?.metadata.resourceVersion !== object.metadata.resourceVersion)
      onChange(before === undefined ? 'added' : 'modified', object, isRelisting);
  };
  const drop = (object: T) => {
    if (items.delete(keyOf(object))) onChange('deleted', object, isRelisting);
  };
  const replace = (objects: readonly T[]) => {
    const keys = new Set(objects.map(keyOf));
    isRelisting = isListed;
    for (const object of [...items.values()]) if (!keys.has(keyOf(object))) drop(object);
    for (const object of objects) put(object);
    isRelisting = false;
    isListed = true;
    setSynced();
  };

  const once = async (at: string, signal: AbortSignal) => {
    const list = await client.list<T>(at);
    if (signal.aborted) return;
    replace(list.items);
    for await (const event of client.watch<T>(at, list.metadata.resourceVersion, signal)) {
      if (event.type === 'ERROR') return;
      if (event.type === 'DELETED') drop(event.object);
      else if (event.type !== 'BOOKMARK') put(event.object);
    }
  };
  const run = async () => {
    while (!stopped) {
      const { signal } = round;
      try {
        if (current === undefined) {
          replace([]);
          await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        } else await once(current, signal);
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) replace([]);
        if (!signal.aborted) await sleep(200);
      }
    }
  };
  void run();

  const abort = () => {
    const old = round;
    round = new AbortController();
    old.abort();
  };
  return {
    items,
    synced,
    redirect: (next) => {
      if (next === current) return;
      current = next;
      abort();
    },
    stop: () => {
      stopped = true;
      abort();
    },
  };
}
