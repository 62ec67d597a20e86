// node scripts/run.mjs bench/sandbox-writes.ts [seconds]: requests a second of the sandbox's API server, by kind of write, in processor
// time; as the controller and the sandbox's own parts send them, with watches open. The sum of all answers says whether two builds agree.
import { createHash } from 'node:crypto';
import { canonicalJson, seededRandom, VirtualClock } from '../src/lib/index.ts';
import { type ApiRequest, createApiServer, createLine } from '../src/sandbox/api/index.ts';
import { definitions } from '../test/support/definitions.ts';

const seconds = Number(process.argv[2] ?? 2);
const objects = 20;
const apis = {
  rollouts: '/apis/sluice.dev/v1alpha1',
  deployments: '/apis/apps/v1',
  trafficsplits: '/apis/split.smi-spec.io/v1alpha2',
  pods: '/api/v1',
  services: '/api/v1',
} as const;
type Plural = keyof typeof apis;

const clock = new VirtualClock();
const server = createApiServer({ clock, random: seededRandom(1), objects: definitions() });
const line = createLine({ port: server, clock });
let bytes = 0;
for (const plural of ['rollouts', 'deployments', 'deployments', 'trafficsplits', 'pods', 'pods', 'services'] as const)
  line.watch(
    { method: 'GET', path: `${apis[plural]}/${plural}`, query: { watch: 'true', resourceVersion: String(server.store.revision) } },
    {
      onHead() {},
      onLine(text) {
        bytes += text.length;
      },
      onEnd() {},
    },
  );

const pathOf = (plural: Plural, name?: string, subresource?: string): string =>
  [apis[plural], 'namespaces', 'default', plural, name, subresource].filter((part) => part !== undefined).join('/');
const types = {
  merge: 'application/merge-patch+json',
  apply: 'application/apply-patch+yaml',
  json: 'application/json',
} as const;

const sum = createHash('sha256');
let isSumming = true;
function send(request: Omit<ApiRequest, 'headers'>, type: keyof typeof types): Record<string, unknown> {
  let body: unknown;
  const headers = { 'content-type': types[type], 'user-agent': 'bench/1', accept: 'application/json' };
  line.send({ ...request, headers }, (outcome) => {
    if (outcome.kind === 'answered') ({ body } = outcome.answer);
    if (outcome.kind !== 'answered' || outcome.answer.status >= 300) throw new Error(JSON.stringify([request, outcome]).slice(0, 2_000));
    if (isSumming) sum.update(canonicalJson([outcome.answer.status, body]));
  });
  return body as Record<string, unknown>;
}

const moment = (): string => `${new Date(clock.nowMs()).toISOString().slice(0, 19)}Z`;
const template = (name: string, image: string) => ({
  metadata: { labels: { app: name, version: 'v1' }, annotations: { 'example.org/team': 'shop' } },
  spec: {
    containers: [
      {
        ...{ name: 'app', image, ports: [{ name: 'http', containerPort: 8080 }], resources: { requests: { cpu: '100m' } } },
        env: ['LOG_LEVEL', 'REGION', 'DATABASE_HOST', 'CACHE_URL'].map((variable) => ({ name: variable, value: variable.toLowerCase() })),
        readinessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 5 },
      },
    ],
  },
});
const deployment = (name: string, image: string) => ({
  ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, labels: { app: name } } },
  spec: { replicas: 3, selector: { matchLabels: { app: name } }, template: template(name, image) },
});
const rollout = (name: string, weight: number) => ({
  ...{ apiVersion: 'sluice.dev/v1alpha1', kind: 'Rollout', metadata: { name, finalizers: ['sluice.dev/rollout'] } },
  spec: {
    ...{ workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name }, replicas: 4, service: { name } },
    traffic: { smi: { provider: 'linkerd' } },
    strategy: {
      canary: {
        steps: [{ setWeight: weight }, { pause: { duration: '6s' } }, { setWeight: 50 }, { pause: { duration: '6s' } }, { setWeight: 100 }],
        analysis: { templates: [{ name: 'checks' }] },
      },
    },
  },
});
const statusOf = (at: number) => ({
  ...{ observedGeneration: 1, phase: 'Progressing', message: `step ${at}`, stableRevision: '6d5f0c9b1e', canaryRevision: '7c9d2f41aa' },
  ...{ attempt: 1, epoch: 1, replicas: 4, readyReplicas: 4, selector: 'app=web', taken: { service: 'web', split: 'web' } },
  conditions: ['Ready', 'Progressing', 'Paused', 'TrafficConfirmed'].map((type) => ({
    ...{ type, status: at % 2 === 0 ? 'True' : 'False', reason: 'StepBegan', message: `step ${at} of 5`, lastTransitionTime: moment() },
  })),
  step: { index: at % 5, total: 5, label: `${at % 5}/5`, kind: 'setWeight', startedAt: moment() },
  weight: { desired: at % 100, written: at % 100, observed: 12.5, confirmedBy: 'Metrics', confirmedAt: moment() },
  run: { startedAt: moment(), replicasFloor: 4 },
  history: [1, 2, 3].map((one) => ({ revision: `r${one}`, startedAt: moment(), finishedAt: moment(), outcome: 'Promoted' })),
});
const split = (name: string, weight: number) => ({
  ...{ apiVersion: 'split.smi-spec.io/v1alpha2', kind: 'TrafficSplit', metadata: { name, annotations: { 'sluice.dev/epoch': '1' } } },
  spec: {
    service: name,
    backends: [
      { service: `${name}-a`, weight: 100 - weight },
      { service: `${name}-b`, weight },
    ],
  },
});
const pod = (name: string) => ({
  ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: 'web', 'pod-template-hash': 'abc' } } },
  spec: { ...template('web', 'app:1').spec, nodeName: 'node' },
});
const podStatus = (at: number) => ({
  ...{ phase: 'Running', podIP: `10.244.0.${at % 250}`, hostIP: '10.0.0.1', startTime: moment() },
  conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
    ...{ type, status: at % 2 === 0 ? 'True' : 'False', lastTransitionTime: moment() },
  })),
  containerStatuses: [
    {
      name: 'app',
      image: 'app:1',
      imageID: 'x',
      ready: at % 2 === 0,
      started: true,
      restartCount: at % 7,
      state: { running: { startedAt: moment() } },
    },
  ],
});

const nameOf = (at: number): string => `web-${at % objects}`;
const read = (plural: Plural, name: string) => send({ method: 'GET', path: pathOf(plural, name) }, 'json');
const text = (value: unknown): string => JSON.stringify(value);
let made = 0;

/** By what they are called in the report; each is given a number that grows. */
const writes: Readonly<Record<string, (at: number) => unknown>> = {
  'create and delete a Rollout': () => {
    const name = `new-${made++}`;
    const body = { ...rollout(name, 10), metadata: { name } };
    send({ method: 'POST', path: pathOf('rollouts'), body: text(body) }, 'json');
    send({ method: 'DELETE', path: pathOf('rollouts', name) }, 'json');
  },
  'merge patch of the status of a Rollout': (at) =>
    send({ method: 'PATCH', path: pathOf('rollouts', nameOf(at), 'status'), body: text({ status: statusOf(at) }) }, 'merge'),
  'PUT of the status of a Rollout': (at) =>
    send(
      {
        method: 'PUT',
        path: pathOf('rollouts', nameOf(at), 'status'),
        body: text({ ...read('rollouts', nameOf(at)), status: statusOf(at) }),
      },
      'json',
    ),
  'PUT of a Rollout': (at) =>
    send(
      {
        method: 'PUT',
        path: pathOf('rollouts', nameOf(at)),
        body: text({ ...read('rollouts', nameOf(at)), spec: rollout(nameOf(at), at % 50).spec }),
      },
      'json',
    ),
  'apply of a Rollout': (at) =>
    send(
      {
        ...{ method: 'PATCH', path: pathOf('rollouts', nameOf(at)), query: { fieldManager: 'user', force: true } },
        body: text(rollout(nameOf(at), at % 50)),
      },
      'apply',
    ),
  'create and delete a Deployment': () => {
    const name = `new-${made++}`;
    send({ method: 'POST', path: pathOf('deployments'), body: text(deployment(name, 'app:1')) }, 'json');
    send({ method: 'DELETE', path: pathOf('deployments', name) }, 'json');
  },
  'apply of a Deployment': (at) =>
    send(
      {
        ...{ method: 'PATCH', path: pathOf('deployments', nameOf(at)), query: { fieldManager: 'user', force: true } },
        body: text(deployment(nameOf(at), `app:${at}`)),
      },
      'apply',
    ),
  'merge patch of the replicas of a Deployment': (at) =>
    send({ method: 'PATCH', path: pathOf('deployments', nameOf(at)), body: { spec: { replicas: at % 11 } } }, 'merge'),
  'PUT of the status of a Deployment': (at) =>
    send(
      {
        ...{ method: 'PUT', path: pathOf('deployments', nameOf(at), 'status') },
        body: { ...read('deployments', nameOf(at)), status: { observedGeneration: at, replicas: at % 9, readyReplicas: at % 9 } },
      },
      'json',
    ),
  'PUT of a TrafficSplit': (at) =>
    send(
      {
        method: 'PUT',
        path: pathOf('trafficsplits', nameOf(at)),
        body: text({ ...read('trafficsplits', nameOf(at)), ...specOnly(split(nameOf(at), at % 100)) }),
      },
      'json',
    ),
  'merge patch of a TrafficSplit': (at) =>
    send({ method: 'PATCH', path: pathOf('trafficsplits', nameOf(at)), body: text({ spec: split(nameOf(at), at % 100).spec }) }, 'merge'),
  'create and delete a Pod': () => {
    const name = `new-${made++}`;
    send({ method: 'POST', path: pathOf('pods'), body: pod(name) }, 'json');
    send({ method: 'DELETE', path: pathOf('pods', name), body: { gracePeriodSeconds: 0 } }, 'json');
  },
  'merge patch of the status of a Pod': (at) =>
    send({ method: 'PATCH', path: pathOf('pods', nameOf(at), 'status'), body: { status: podStatus(at) } }, 'merge'),
};

function specOnly({ spec }: { readonly spec: unknown }) {
  return { spec };
}

for (let at = 0; at < objects; at++) {
  send({ method: 'POST', path: pathOf('rollouts'), body: text(rollout(nameOf(at), 10)) }, 'json');
  send({ method: 'POST', path: pathOf('deployments'), body: text(deployment(nameOf(at), 'app:1')) }, 'json');
  send({ method: 'POST', path: pathOf('trafficsplits'), body: text(split(nameOf(at), 10)) }, 'json');
  send({ method: 'POST', path: pathOf('pods'), body: pod(nameOf(at)) }, 'json');
}

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

// The same requests in any build, whose answers are summed; they warm up the rest, too.
for (let at = 0; at < 300; at++) {
  for (const write of Object.values(writes)) write(at);
  await clock.advance(700);
}
isSumming = false;
process.stdout.write(`answers: ${sum.digest('hex').slice(0, 16)}, ${bytes} bytes of watches\n`);
let everyMs = 0;
for (const [what, write] of Object.entries(writes)) {
  if (process.env.SLUICE_BENCH_ONLY !== undefined && !what.includes(process.env.SLUICE_BENCH_ONLY)) continue;
  const before = server.store.revision;
  const startMs = cpuMs();
  let at = 1_000;
  while (cpuMs() - startMs < 1_000 * seconds) {
    for (const end = at + 50; at < end; at++) write(at);
    await clock.advance(700);
  }
  const done = server.store.revision - before;
  const ms = (cpuMs() - startMs) / done;
  everyMs += ms;
  process.stdout.write(
    `${what.padEnd(46)} ${Math.round(1_000 / ms)
      .toString()
      .padStart(6)} writes/s  ${ms.toFixed(3)} ms\n`,
  );
}
const kinds = Object.keys(writes).length;
process.stdout.write(
  `${'on average'.padEnd(46)} ${Math.round((1_000 * kinds) / everyMs)
    .toString()
    .padStart(6)} writes/s  ${(everyMs / kinds).toFixed(3)} ms\n`,
);
