import { type Clock, sleep, systemClock, VirtualClock } from '../../lib/clock.ts';
import { type Logger, silentLogger } from '../../lib/logger.ts';
import { seededRandom } from '../../lib/random.ts';
import { createKubeClient } from '../client.ts';
import { HttpTransport, type HttpTransportOptions } from '../http-transport.ts';
import type { KubeClient } from '../kube-client.ts';
import type { Resource } from '../object.ts';
import { Reflector, type ReflectorOptions } from '../reflector.ts';
import { type Change, Store } from '../store.ts';
import { noCredentials } from '../transport.ts';
import { FakeApi } from './fake-api.ts';

export const widgets: Resource = { group: 'test.dev', version: 'v1', plural: 'widgets', kind: 'Widget', namespaced: true };
/** All widgets, as a cluster-wide watch asks for them. */
export const allWidgets = '/apis/test.dev/v1/widgets';
/** Where single objects live. */
export const defaultWidgets = '/apis/test.dev/v1/namespaces/default/widgets';

/** Waits, in real time, for what sockets bring about. Fails only after a minute: the machine may be busy. */
export async function eventually(check: () => boolean, what = 'the expected state'): Promise<void> {
  const endMs = systemClock.monotonicMs() + 40_000;
  while (!check()) {
    if (systemClock.monotonicMs() > endMs) throw new Error(`timed out waiting for ${what}`);
    await sleep(systemClock, 3);
  }
}

/** Lets virtual time pass in small steps, with real time between them for the sockets, until the check holds. */
export async function advanceUntil(clock: VirtualClock, check: () => boolean, stepMs = 500): Promise<void> {
  const endMs = systemClock.monotonicMs() + 40_000;
  while (!check()) {
    if (systemClock.monotonicMs() > endMs) throw new Error('timed out while virtual time passed');
    await clock.advance(stepMs);
    await sleep(systemClock, 2);
  }
}

export interface Bench {
  readonly api: FakeApi;
  readonly clock: VirtualClock;
  readonly transport: HttpTransport;
  readonly client: KubeClient;
  end(): Promise<void>;
}

/** A fake API server and a client for it, on virtual time. */
export async function aBench(options: Partial<HttpTransportOptions> = {}): Promise<Bench> {
  const api = new FakeApi();
  const server = await api.start();
  const clock = new VirtualClock();
  const transport = new HttpTransport({ server, credentials: noCredentials, clock, ...options });
  const client = createKubeClient({ transport, clock, random: seededRandom(1), log: silentLogger });
  return {
    api,
    clock,
    transport,
    client,
    async end() {
      await transport.close();
      await api.stop();
    },
  };
}

export interface Widget {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly size: unknown;
}

export interface Watched {
  readonly store: Store<Widget>;
  readonly reflector: Reflector<Widget>;
  readonly changes: Change<Widget>[];
  stop(): Promise<void>;
}

/** A running reflector of widgets. */
export function aReflector(
  bench: { readonly client: KubeClient; readonly clock: Clock },
  options: Partial<ReflectorOptions<Widget>> & { log?: Logger } = {},
): Watched {
  const store = new Store<Widget>();
  const changes: Change<Widget>[] = [];
  const reflector = new Reflector<Widget>({
    client: bench.client,
    resource: widgets,
    project: ({ metadata: { name, uid, resourceVersion }, size }) => ({ name, uid, resourceVersion, size }),
    store,
    clock: bench.clock,
    random: seededRandom(7),
    log: silentLogger,
    onChange: (change) => changes.push(change),
    ...options,
  });
  const ending = new AbortController();
  const running = reflector.run(ending.signal);
  return {
    store,
    reflector,
    changes,
    stop() {
      ending.abort();
      return running;
    },
  };
}
