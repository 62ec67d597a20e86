// The same random requests to two API servers, and what they answer with what must differ taken out: uids, versions, moments, addresses.
import { expect } from 'vitest';
import { canonicalJson, type Random, seededRandom } from '../../../src/lib/index.ts';
import { type ContractRequest, contentTypes, type Doc, isDoc, type Reply, type ServerUnderTest } from './kit.ts';
import { configMap, corePath, gadget, gadgetPath, service } from './objects.ts';

const pick = <T>(random: Random, ...choices: readonly [T, ...T[]]): T => choices[Math.floor(random.next() * choices.length)] ?? choices[0];
const maybe = (random: Random, chance: number): boolean => random.next() < chance;

const names = ['a', 'b', 'c'] as const;
const managers = ['one', 'two', 'three'] as const;

/** Some members of a gadget's spec, mostly valid ones. */
function spec(random: Random): Doc {
  const all: Readonly<Record<string, () => unknown>> = {
    size: () => pick<unknown>(random, 0, 3, 50, 3, 101, 'big', null),
    replicas: () => pick<unknown>(random, 1, 2, 5),
    mode: () => pick<unknown>(random, 'open', 'frozen', 'open', 'Secret', 'odd'),
    name: () => pick<unknown>(random, 'abc', 'def', 'X', null),
    low: () => pick(random, 1, 5, 9),
    high: () => pick(random, 2, 6),
    port: () => pick<unknown>(random, 80, 'http', true),
    maybe: () => pick<unknown>(random, 'x', null),
    flag: () => pick<unknown>(random, true, false),
    words: () => pick(random, ['x'], ['x', 'y'], ['y', 'z', 'w'], ['x', 'x'], []),
    parts: () =>
      pick<unknown>(
        random,
        [{ name: 'p', color: 'red' }],
        [{ name: 'p', count: 3 }, { name: 'q' }],
        [{ name: 'q', color: 'blue', tags: ['t'] }],
        [{ name: 'r', tags: ['t', 'u'] }, { name: 'p' }],
        [{ name: 'p' }, { name: 'p' }],
        [{ color: 'nameless' }],
        [],
      ),
    steps: () => pick(random, [{ weight: 1 }], [{ weight: 1 }, { weight: 2 }], [{}]),
    options: () => pick<unknown>(random, { a: '1' }, { b: '2', c: '3' }, { a: null }, { a: '2' }, {}),
    pair: () => pick<unknown>(random, { left: 'l' }, { left: 'l', right: 'r' }, { right: 'x' }, {}),
    free: () => pick<unknown>(random, { any: { deep: [1, { x: true }] } }, { known: 'k', list: [1, 2] }, { any: null }),
    nested: () => pick<unknown>(random, { other: 'o' }, { deep: 'deeper' }, {}, { typo: 1 }),
    typo: () => 1,
  };
  const chosen = Object.entries(all).filter(([key]) => maybe(random, key === 'typo' ? 0.05 : 0.22));
  return Object.fromEntries(chosen.map(([key, make]) => [key, make()]));
}

const status = (random: Random): Doc =>
  pick<Doc>(
    random,
    { phase: 'Ready' },
    { seen: 3 },
    { phase: 'Gone', conditions: [{ type: 'Ready', status: 'True' }] },
    { conditions: [{ type: 'Other', status: 'False' }] },
    { phase: 'odd' },
    { seen: -1 },
    { replicas: 2, selector: 'app=x' },
  );

const metadata = (random: Random): Doc => ({
  ...(maybe(random, 0.3) ? { labels: pick<Doc>(random, { x: 'y' }, { x: 'z', q: 'r' }, { x: 'not ok' }) } : {}),
  ...(maybe(random, 0.15) ? { annotations: pick<Doc>(random, { n: 'o' }, { 'p/q': '' }) } : {}),
  ...(maybe(random, 0.1) ? { finalizers: pick(random, ['a.test/x'], ['a.test/x', 'a.test/y']) } : {}),
});

const json = { 'content-type': 'application/json' };
const patchOf = (path: string, type: keyof typeof contentTypes, body: unknown, query: ContractRequest['query'] = {}): ContractRequest => ({
  method: 'PATCH',
  path,
  body,
  query,
  headers: { 'content-type': contentTypes[type] },
});

/** The next request in a namespace. `known`: what the server last answered for a name, for requests that build on it. */
export function nextRequest(random: Random, namespace: string, known: (name: string) => Doc | undefined): ContractRequest {
  const name = pick(random, ...names);
  const path = gadgetPath(namespace, name);
  const fieldManager = pick(random, ...managers);
  const last = known(name);
  switch (
    pick(
      random,
      'create',
      'create',
      'merge',
      'merge',
      'merge',
      'json',
      'apply',
      'apply',
      'apply',
      'apply',
      'put',
      'status',
      'status',
      'scale',
      'delete',
      'read',
      'other',
    )
  ) {
    case 'create':
      return {
        method: 'POST',
        path: gadgetPath(namespace),
        body: gadget(name, spec(random), metadata(random)),
        query: { fieldManager },
        headers: json,
      };
    case 'merge': {
      const guard = last !== undefined && maybe(random, 0.3) ? { resourceVersion: (last.metadata as Doc).resourceVersion } : {};
      return patchOf(path, 'merge', { metadata: { ...metadata(random), ...guard }, spec: spec(random) }, { fieldManager });
    }
    case 'json':
      return patchOf(
        path,
        'json',
        pick<readonly Doc[]>(
          random,
          [{ op: 'replace', path: '/spec/size', value: 7 }],
          [
            { op: 'add', path: '/spec/words', value: ['j'] },
            { op: 'add', path: '/spec/words/-', value: 'k' },
          ],
          [{ op: 'remove', path: '/spec/parts' }],
          [
            { op: 'test', path: '/spec/mode', value: 'open' },
            { op: 'add', path: '/spec/options', value: { j: 's' } },
          ],
          [{ op: 'remove', path: '/metadata/finalizers' }],
        ),
        { fieldManager },
      );
    case 'apply':
      return patchOf(path, 'apply', gadget(name, spec(random), metadata(random)), {
        fieldManager,
        ...(maybe(random, 0.4) ? { force: 'true' } : {}),
      });
    case 'put':
      return {
        method: 'PUT',
        path,
        body: last === undefined ? gadget(name, spec(random)) : { ...last, spec: spec(random) },
        query: { fieldManager },
        headers: json,
      };
    case 'status':
      return maybe(random, 0.3)
        ? patchOf(
            `${path}/status`,
            'apply',
            { ...gadget(name), status: status(random) },
            { fieldManager, ...(maybe(random, 0.5) ? { force: 'true' } : {}) },
          )
        : patchOf(`${path}/status`, 'merge', { status: status(random), spec: { size: 9 } }, { fieldManager });
    case 'scale':
      return scaleRequest(random, namespace, name, fieldManager);
    case 'delete':
      return maybe(random, 0.5)
        ? { method: 'DELETE', path, body: { propagationPolicy: 'Background' }, headers: json }
        : patchOf(path, 'merge', { metadata: { finalizers: null } }, { fieldManager });
    case 'read':
      return pick<ContractRequest>(
        random,
        { method: 'GET', path },
        { method: 'GET', path: gadgetPath(namespace, name, undefined, 'v1beta1') },
        { method: 'GET', path: gadgetPath(namespace), query: { labelSelector: 'x=y' } },
        {
          method: 'GET',
          path: gadgetPath(namespace),
          headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' },
        },
      );
    default:
      return otherRequest(random, namespace, fieldManager);
  }
}

function scaleRequest(random: Random, namespace: string, name: string, fieldManager: string): ContractRequest {
  const path = `${gadgetPath(namespace, name)}/scale`;
  const replicas = pick(random, 0, 3, 4, 3, -1);
  const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name, namespace }, spec: { replicas } };
  switch (pick(random, 'read', 'merge', 'merge', 'json', 'put', 'apply')) {
    case 'read':
      return { method: 'GET', path };
    case 'merge':
      return patchOf(path, 'merge', { spec: { replicas } }, { fieldManager });
    case 'json':
      return patchOf(path, 'json', [{ op: 'replace', path: '/spec/replicas', value: replicas }], { fieldManager });
    case 'put':
      return { method: 'PUT', path, body: scale, query: { fieldManager }, headers: json };
    default:
      return patchOf(path, 'apply', scale, { fieldManager, ...(maybe(random, 0.5) ? { force: 'true' } : {}) });
  }
}

/** ConfigMaps and Services, which Go reads into types. */
function otherRequest(random: Random, namespace: string, fieldManager: string): ContractRequest {
  const kind = pick(random, 'configmaps', 'services');
  const name = pick(random, ...names);
  const path = corePath(namespace, kind, name);
  const body =
    kind === 'configmaps'
      ? configMap(name, pick<Doc>(random, { a: '1' }, { b: '2' }, {}, { 'bad/key': 'x' }), metadata(random))
      : service(
          name,
          pick<Doc>(random, {}, { selector: { app: 'other' } }, { ports: [{ name: 'w', port: 81, targetPort: 'web' }] }, { ports: [] }),
          metadata(random),
        );
  switch (pick(random, 'create', 'apply', 'apply', 'merge', 'strategic', 'delete')) {
    case 'create':
      return { method: 'POST', path: corePath(namespace, kind), body, query: { fieldManager }, headers: json };
    case 'apply':
      return patchOf(path, 'apply', body, { fieldManager, ...(maybe(random, 0.4) ? { force: 'true' } : {}) });
    case 'merge':
      return patchOf(
        path,
        'merge',
        {
          metadata: metadata(random),
          ...(kind === 'configmaps'
            ? { data: { a: pick<unknown>(random, '3', null) } }
            : { spec: { selector: { tier: pick<unknown>(random, 'x', null) } } }),
        },
        { fieldManager },
      );
    case 'strategic':
      return patchOf(
        path,
        'strategic',
        { metadata: metadata(random), ...(kind === 'services' ? { spec: { ports: [{ port: 80, name: 'w' }] } } : { data: { s: 'p' } }) },
        { fieldManager },
      );
    default:
      return { method: 'DELETE', path };
  }
}

/** Gives equal names to what is equal within one server's answers. */
export class Eraser {
  readonly #namespace: string;
  readonly #known = { uid: new Map<string, string>(), resourceVersion: new Map<string, string>() };

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  /** What two servers must agree on. */
  reply({ status: code, headers, body }: Reply): unknown {
    const warnings = (headers.warning ?? '').split(', 299').map((one) => one.replace(/^299|^ *- */g, '').trim());
    return { code, warnings: warnings.toSorted(), body: this.#erase(body, '') };
  }

  #erase(value: unknown, key: string): unknown {
    if (Array.isArray(value)) {
      const items = value.map((item) => this.#erase(item, ''));
      if (key === 'causes' || key === 'managedFields')
        return items.toSorted((left, right) => (canonicalJson(left) < canonicalJson(right) ? -1 : 1));
      // Ages of rows depend on the moment.
      return key === 'cells' ? items.map((item) => (typeof item === 'string' && /^\d+[smh]/.test(item) ? 'AGE' : item)) : items;
    }
    if (isDoc(value)) {
      // A list is as old as the whole cluster, which others write to.
      const isList = Array.isArray(value.items) || Array.isArray(value.rows);
      const members = Object.entries(value).map(
        ([name, member]) => [name, isList && name === 'metadata' ? 'LIST' : this.#erase(member, name)] as const,
      );
      const erased: Record<string, unknown> = Object.fromEntries(members);
      // Errors come in the order of a Go map: the causes say it all.
      if (isDoc(value.details) && Array.isArray(value.details.causes)) erased.message = 'as the causes say';
      return erased;
    }
    if (typeof value !== 'string') return value;
    if (key === 'uid' || key === 'resourceVersion') return this.#named(key, value);
    if (key === 'clusterIP' || /^10\.96\.\d+\.\d+$/.test(value)) return 'IP';
    if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value)) return 'TIME';
    return (
      value
        .replaceAll(this.#namespace, 'NS')
        .replace(/ at \d{4}-\S+Z/g, '')
        // Which of several is told, is up to the order of a Go map.
        .replace(/^(failed to create typed patch object [^:]*:)[\s\S]*$/, '$1')
    );
  }

  #named(key: 'uid' | 'resourceVersion', value: string): string {
    const known = this.#known[key];
    const name = known.get(value) ?? `${key}-${known.size}`;
    known.set(value, name);
    return name;
  }
}

/** Sends `steps` random requests to both, in a namespace of their own, and insists on the same answers. */
export async function compareServers(
  measure: ServerUnderTest,
  measured: ServerUnderTest,
  { seed, steps }: { seed: number; steps: number },
): Promise<void> {
  const namespace = `d-${seed}-${Math.floor(performance.now())}`;
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  const sides = [measure, measured].map((server) => ({
    server,
    // One stream of chance each: the requests are the same as long as the answers are.
    random: seededRandom(seed),
    eraser: new Eraser(namespace),
    last: new Map<string, Doc>(),
  }));
  for (const { server } of sides) await server.send({ method: 'POST', path: '/api/v1/namespaces', body, headers: json });
  const trail: string[] = [];
  for (let step = 0; step < steps; step++) {
    const answers: unknown[] = [];
    for (const side of sides) {
      const request = nextRequest(side.random, namespace, (name) => side.last.get(name));
      const reply = await side.server.send(request);
      remember(side.last, request.path, reply);
      answers.push(side.eraser.reply(reply));
      if (side === sides[0])
        trail.push(
          `${step}: ${request.method} ${request.path} ${JSON.stringify(request.query ?? {})} ${JSON.stringify(request.body)} -> ${reply.status}`,
        );
    }
    expect(answers[1], trail.slice(-8).join('\n')).toEqual(answers[0]);
  }
  for (const { server } of sides) await cleanUp(server, namespace);
}

function remember(last: Map<string, Doc>, path: string, { status: code, body }: Reply): void {
  if (code >= 300 || !isDoc(body) || body.kind !== 'Gadget' || !isDoc(body.metadata) || body.apiVersion !== 'contract.sluice.test/v1')
    return;
  if (path.includes('/gadgets')) last.set(String(body.metadata.name), body);
}

async function cleanUp(server: ServerUnderTest, namespace: string): Promise<void> {
  const paths = names.flatMap((name) => [
    gadgetPath(namespace, name),
    corePath(namespace, 'configmaps', name),
    corePath(namespace, 'services', name),
  ]);
  for (const path of paths) await server.send(patchOf(path, 'merge', { metadata: { finalizers: null } }));
  await server.send({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}` });
}
