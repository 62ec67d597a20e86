// What a scenario works with. One bed per vitest run (global-setup.ts); `openBed(inject('bed'))` in each test file; scenarios run
// side by side in namespaces of their own.
import { randomUUID } from 'node:crypto';
import { control } from './child.ts';
import { type ApiClient, apiClient } from './client.ts';
import type { BedInfo, User } from './layout.ts';
import { type Prometheus, prometheusClient } from './prometheus.ts';
import { openScenario, type Scenario, type ScenarioOptions } from './scenario.ts';
import { type SmiSet, serveSplits } from './smi.ts';
import { waitFor } from './wait.ts';

export type { Scenario, ScenarioOptions } from './scenario.ts';

export interface Bed {
  readonly info: BedInfo;
  readonly admin: ApiClient;
  /** A client with the token of one of the named users. */
  as(user: User): ApiClient;
  namespace(name: string, options?: ScenarioOptions): Promise<Scenario>;
  /** Runs alone: waits until no scenario is open, and none opens meanwhile. For what concerns the whole cluster. */
  exclusive<T>(run: () => Promise<T>): Promise<T>;
  readonly prometheus: Prometheus;
  readonly apiServer: { stop(): Promise<void>; start(): Promise<void>; restart(downMs?: number): Promise<void> };
  /** For the whole cluster: inside `exclusive`. */
  serveSplits(set: SmiSet): Promise<void>;
  close(): Promise<void>;
}

export function openBed(given: BedInfo): Bed {
  const info = [given, ...(given.others ?? [])].at(Number(process.env.VITEST_POOL_ID) % (1 + (given.others?.length ?? 0))) ?? given;
  const clients = new Map<User, ApiClient>();
  const as = (user: User): ApiClient => {
    const known =
      clients.get(user) ?? apiClient({ url: info.apiUrl, caFile: info.caFile, token: info.tokens[user], userAgent: `test-${user}` });
    clients.set(user, known);
    return known;
  };
  const ask = (name: string, input: Readonly<Record<string, unknown>> = {}): Promise<void> => control(info.controlUrl, name, input);
  const hold = async (kind: 'shared' | 'exclusive') => {
    // By process, so that what a killed one held can be told: `lock/forget`.
    const holder = `${process.pid}/${randomUUID()}`;
    const take = () => control<boolean>(info.controlUrl, 'lock/try', { kind, holder });
    await waitFor(`the cluster, ${kind}`, take, { deadlineMs: 1_800_000, everyMs: 200, isOfBed: true });
    return () => control<void>(info.controlUrl, 'lock/release', { holder });
  };
  const bed: Bed = {
    info,
    admin: as('admin'),
    as,
    namespace: async (name, options = {}) => {
      const release = options.alone ? async () => {} : await hold('shared');
      const scenario = await openScenario(bed, name, options, release).catch(async (error: unknown) => {
        // Nobody will dispose of it, and whoever waits for the whole cluster would wait for ever.
        await release();
        throw error;
      });
      options.cleanup?.(() => scenario.dispose());
      return scenario;
    },
    exclusive: async (run) => {
      const release = await hold('exclusive');
      try {
        return await run();
      } finally {
        await release();
      }
    },
    prometheus: prometheusClient(info),
    apiServer: {
      stop: () => ask('api-server/stop'),
      start: () => ask('api-server/start'),
      restart: (downMs = 0) => ask('api-server/restart', { downMs }),
    },
    serveSplits: (set) => serveSplits(bed.admin, set),
    close: async () => {
      await Promise.all([...clients.values()].map((client) => client.close()));
    },
  };
  return bed;
}
