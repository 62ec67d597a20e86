// The sandbox's API server under its contract: through the direct port on virtual time, and over HTTP on real time.
import { type Clock, seededRandom, systemClock, VirtualClock } from '../../src/lib/index.ts';
import {
  type ApiAnswer,
  type ApiRequest,
  type ApiServer,
  type ApiWatch,
  createApiServer,
  createLine,
  serveHttp,
  type User,
} from '../../src/sandbox/api/index.ts';
import type { ContractRequest, ContractWatch, Reply, ServerUnderTest, WatchEvent } from '../contract/api-server/kit.ts';
import { contractDefinitions } from '../contract/api-server/objects.ts';
import type { OpenedServer } from '../contract/api-server.contract.ts';
import { definitions } from './definitions.ts';
import { httpServer } from './http-under-test.ts';

export const tokens = { admin: 'admin-token', alice: 'alice-token', bob: 'bob-token', nobody: 'no-token' } as const;

const users: Readonly<Record<string, User>> = {
  [tokens.admin]: { username: 'admin', groups: ['system:masters'] },
  [tokens.alice]: { username: 'alice', groups: [] },
  [tokens.bob]: { username: 'bob', groups: [] },
};

function newServer(clock: Clock): ApiServer {
  const objects = [...definitions(), ...contractDefinitions];
  return createApiServer({ clock, random: seededRandom(7), objects, authorization: 'rbac', users, everyone: null });
}

/** Plain values in and out: no sockets, no real time. */
export async function directServer(): Promise<OpenedServer> {
  const clock = new VirtualClock();
  const server = newServer(clock);
  const requestOf = ({ user = 'admin', ...request }: ContractRequest): ApiRequest => ({
    ...request,
    headers: { authorization: `Bearer ${tokens[user]}`, 'user-agent': 'contract', ...request.headers },
  });
  const pass = async (ms: number) => clock.advance(ms);
  const under: ServerUnderTest = {
    send: async (request) => replyOf(server.request(requestOf(request))),
    watch: async (request) => {
      const opening = server.watch(requestOf(request), () => {});
      return opening.kind === 'refused' ? refusedWatch(opening.answer.status) : drained(opening.watch, pass);
    },
    async eventually(what, ask) {
      for (let turn = 0; turn < 100; turn++) {
        if (await ask()) return;
        await pass(100);
      }
      throw new Error(`never: ${what}`);
    },
    pass,
    compact: async () => server.store.compact(),
  };
  return { server: under, close: async () => {} };
}

/** What HTTP would carry: no shared values, names in lower case. */
const replyOf = ({ status, headers, body }: ApiAnswer): Reply => ({ status, headers, body: structuredClone(body) });

const refusedWatch = (status: number): ContractWatch => ({ status, next: async () => undefined, close() {} });

function drained(watch: ApiWatch, pass: (ms: number) => Promise<void>): ContractWatch {
  return {
    status: 200,
    async next() {
      for (;;) {
        const event = watch.next();
        if (event !== undefined) return structuredClone(event) as WatchEvent;
        if (watch.isOver()) return undefined;
        await pass(100);
      }
    },
    close: () => watch.close(),
  };
}

/** The same over real HTTP on loopback. */
export async function sandboxOverHttp(): Promise<OpenedServer> {
  const server = newServer(systemClock);
  const api = await serveHttp(createLine({ port: server, clock: systemClock }));
  const client = httpServer({ url: api.url, tokens });
  return {
    server: { ...client.server, compact: async () => server.store.compact() },
    close: async () => {
      await client.close();
      await api.close();
    },
  };
}
