// What 1,000 active Rollouts ask of one Prometheus: requests and bytes, and what that costs this process. The measurer and its sources are the product's, over
// HTTP; Prometheus is a fake in a process of its own, and what its evaluation costs is not measured here.
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseAllDocuments } from 'yaml';
import { Measurer } from '../src/controller/measurer.ts';
import { askingOf } from '../src/core/analysis/ask.ts';
import { analysisTemplateSpecSchema, scopeOf } from '../src/core/analysis/index.ts';
import { localFailure } from '../src/kube/index.ts';
import { fail, systemClock } from '../src/lib/index.ts';
import { createSources, dialectOf } from '../src/metrics/index.ts';
import { sleep, waitFor } from '../test/cluster/kit/wait.ts';
import { type Figure, percentile, type Section, say, sorted } from './report.ts';

const rollouts = 1_000;
const intervalMs = 30_000;
const goals = { perSecond: 10, stallMs: 50 };

type Said = { readonly kind: 'port'; readonly port: number } | ({ readonly kind: 'seen' } & Seen);

interface Seen {
  readonly requests: number;
  readonly sentBytes: number;
  readonly answeredBytes: number;
}

/** Asks for every row of a combined query, and for one of any other, and finds it. */
export async function serveFakePrometheus(): Promise<void> {
  let seen: Seen = { requests: 0, sentBytes: 0, answeredBytes: 0 };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const query = new URLSearchParams(body).get('query') ?? '';
      const names = [...query.matchAll(/"sluice_row", "(\w+)"/g)].map(([, name]) => ({ sluice_row: name }));
      const at = Date.now() / 1_000;
      const result = (names.length === 0 ? [{}] : names).map((metric) => ({ metric, value: [at, '1'] }));
      const answer = JSON.stringify({ status: 'success', data: { resultType: 'vector', result } });
      const { requests, sentBytes, answeredBytes } = seen;
      seen = { requests: requests + 1, sentBytes: sentBytes + body.length, answeredBytes: answeredBytes + answer.length };
      response.setHeader('content-type', 'application/json');
      response.end(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const tell = (said: Said) => process.send?.(said);
  process.on('message', () => {
    tell({ kind: 'seen', ...seen });
    seen = { requests: 0, sentBytes: 0, answeredBytes: 0 };
  });
  tell({ kind: 'port', port: (server.address() as AddressInfo).port });
  await new Promise<void>((resolve) => process.on('disconnect', () => resolve()));
  server.closeAllConnections();
  server.close();
}

export async function queriesSection(): Promise<Section> {
  say(
    `queries: ${rollouts} Rollouts with two metrics each, every ${intervalMs / 1_000} s, for ${intervalMs / 1_000} s, two kinds of template`,
  );
  const figures: Figure[] = [];
  for (const [what, pack, isGrouped] of [
    ['builtin', 'builtin', true],
    ['the pack of a mesh (Linkerd), each query its own', 'linkerd', false],
  ] as const) {
    const spread = await measure(pack, { isAtOnce: false });
    const atOnce = await measure(pack, { isAtOnce: true });
    const perSecond = (spread.requests / intervalMs) * 1_000;
    const kib = (bytes: number) => `${(bytes / 1_024 / (intervalMs / 1_000)).toFixed(0)} KiB/s`;
    figures.push({
      name: `${rollouts} active Rollouts, ${what}`,
      value: `${perSecond.toFixed(1)} requests a second for ${(spread.questions / (intervalMs / 1_000)).toFixed(0)} questions`,
      ...(isGrouped ? { goal: `<= ${goals.perSecond} requests a second`, holds: perSecond <= goals.perSecond } : {}),
      note:
        `sent ${kib(spread.sentBytes)}, answered ${kib(spread.answeredBytes)}; ${(spread.cpuMs / spread.questions).toFixed(2)} ms of CPU a question; ` +
        `answered after p50 ${percentile(spread.waits, 50).toFixed(0)}, p99 ${percentile(spread.waits, 99).toFixed(0)} ms; ` +
        `event loop held up p99 ${spread.stallMs.toFixed(0)} ms`,
      details: { ...spread, waits: undefined },
    });
    figures.push({
      name: `the same, all asked at one moment`,
      value: `${atOnce.requests} requests for ${atOnce.questions} questions`,
      note: `all answered after ${percentile(atOnce.waits, 100).toFixed(0)} ms; ${(atOnce.cpuMs / atOnce.questions).toFixed(2)} ms of CPU a question; event loop held up ${atOnce.longestStallMs.toFixed(0)} ms at most`,
      details: { ...atOnce, waits: undefined },
    });
  }
  figures.push(await shares());
  return { title: 'Questions to Prometheus (fake, over HTTP)', figures };
}

/** All of them have just been given a weight, and ask every other second whether it has arrived. */
async function shares(): Promise<Figure> {
  const [rounds, everyMs] = [5, 2_000];
  const dialect = dialectOf('linkerd');
  if (dialect === undefined) throw new Error('no dialect');
  const prometheus = fork(process.argv[1] ?? '', ['--fake-prometheus'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const started = await heard(prometheus);
  if (started.kind !== 'port') throw new Error('the fake Prometheus did not start');
  let [asked, answered] = [0, 0];
  const measurer = aMeasurer(started.port, { onShareFinished: () => answered++ });
  const subject = (at: number, revision: string) => {
    const name = `app-${at}-${revision}`;
    return { namespace: `team-${at % 50}`, workload: name, service: name, rootService: `app-${at}`, split: `app-${at}` };
  };
  const ask = (at: number) => {
    asked++;
    const sides = { canary: subject(at, '7c9d2f41aa'), stable: subject(at, '6d5f0c9b1e') };
    measurer.askShare(`team/app-${at}`, {
      ...sides,
      windowStartedAtMs: Date.now() - 10_000,
      windowMs: 10_000,
      via: { kind: 'prometheus', dialect },
    });
  };
  const timers = Array.from({ length: rollouts }, (_, at) => {
    const first = Math.random() * everyMs;
    return Array.from({ length: rounds }, (_each, round) => setTimeout(() => ask(at), first + round * everyMs));
  });
  await sleep((rounds + 1) * everyMs);
  for (const timer of timers.flat()) clearTimeout(timer);
  await waitFor('every share', () => answered === asked, { deadlineMs: 30_000 });
  prometheus.send('seen');
  const seen = await heard(prometheus);
  measurer.close();
  prometheus.disconnect();
  if (seen.kind !== 'seen') throw new Error('the fake Prometheus did not say what it saw');
  const seconds = (rounds * everyMs) / 1_000;
  return {
    name: `${rollouts} Rollouts that wait for a weight to be confirmed`,
    value: `${(seen.requests / seconds).toFixed(1)} requests a second for ${(asked / seconds).toFixed(0)} questions`,
    details: { ...seen, asked },
  };
}

function aMeasurer(
  port: number,
  heardOf: { readonly onFinished?: (run: string) => void; readonly onShareFinished?: () => void },
): Measurer {
  return new Measurer({
    clock: systemClock,
    sources: createSources(),
    kubeGet: async () => fail(localFailure('network', 'none here')),
    readSecret: async () => fail('none here'),
    prometheusAddress: `http://127.0.0.1:${port}`,
    mesh: () => 'linkerd',
    onFinished: heardOf.onFinished ?? (() => {}),
    onShareFinished: heardOf.onShareFinished ?? (() => {}),
  });
}

interface Measured extends Seen {
  readonly questions: number;
  /** From a question being asked to its answer, in ms. */
  readonly waits: readonly number[];
  readonly cpuMs: number;
  readonly stallMs: number;
  readonly longestStallMs: number;
}

async function measure(pack: string, { isAtOnce }: { readonly isAtOnce: boolean }): Promise<Measured> {
  const prometheus = fork(process.argv[1] ?? '', ['--fake-prometheus'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const started = await heard(prometheus);
  if (started.kind !== 'port') throw new Error('the fake Prometheus did not start');
  const askedAt = new Map<string, number>();
  const waits: number[] = [];
  const measurer = aMeasurer(started.port, {
    onFinished: (run) => {
      for (const { metric } of measurer.take(run)) waits.push(performance.now() - (askedAt.get(`${run} ${metric}`) ?? Number.NaN));
    },
  });
  const orders = ordersOf(pack);
  const ask = (order: (typeof orders)[number]) => {
    askedAt.set(`${order.run} ${order.metric}`, performance.now());
    measurer.ask(order);
  };
  // The first question loads what it takes to ask.
  for (const order of orders.slice(0, 2)) ask(order);
  await waitFor('a first answer', () => waits.length === 2, { deadlineMs: 10_000 });
  await sleep(1_000);
  waits.length = 0;
  prometheus.send('seen');
  await heard(prometheus);
  const loop = monitorEventLoopDelay({ resolution: 5 });
  loop.enable();
  const before = process.cpuUsage();
  if (isAtOnce) for (const order of orders) ask(order);
  else {
    // In pairs, as a run asks for both of its metrics in one pass.
    const timers = Array.from({ length: rollouts }, (_, at) =>
      setTimeout(() => orders.slice(2 * at, 2 * at + 2).forEach(ask), Math.random() * intervalMs),
    );
    await sleep(intervalMs);
    for (const timer of timers) clearTimeout(timer);
  }
  await waitFor('every answer', () => waits.length === orders.length, { deadlineMs: 60_000 });
  const { user, system } = process.cpuUsage(before);
  loop.disable();
  prometheus.send('seen');
  const seen = await heard(prometheus);
  measurer.close();
  prometheus.disconnect();
  if (seen.kind !== 'seen') throw new Error('the fake Prometheus did not say what it saw');
  const { requests, sentBytes, answeredBytes } = seen;
  return {
    ...{ requests, sentBytes, answeredBytes, questions: orders.length, waits: sorted(waits), cpuMs: (user + system) / 1_000 },
    ...{ stallMs: loop.percentile(99) / 1e6, longestStallMs: loop.max / 1e6 },
  };
}

function ordersOf(pack: string) {
  const specs = parseAllDocuments(readFileSync(`analysis-templates/${pack}.yaml`, 'utf8')).map((document) =>
    analysisTemplateSpecSchema.parse(document.toJS().spec),
  );
  return Array.from({ length: rollouts }, (_, at) => {
    const [namespace, canary] = [`team-${at % 50}`, `app-${at}-7c9d2f41aa`];
    const args = { namespace, service: `app-${at}`, canaryService: canary, canaryWorkload: canary };
    return specs.flatMap((spec) =>
      spec.metrics.map((metric) => {
        const asking = askingOf(metric, scopeOf(spec.args, args), { namespace });
        if (!asking.ok) throw new Error(asking.failure.map(({ message }) => message).join());
        const { question, windowMs } = asking.value;
        return {
          run: `${namespace}/${canary}-1-bg`,
          runUid: canary,
          metric: metric.name,
          question,
          windowStartedAtMs: Date.now() - windowMs,
        };
      }),
    );
  }).flat();
}

const heard = (child: ChildProcess): Promise<Said> => new Promise((resolve) => child.once('message', (said) => resolve(said as Said)));
