// From the first bad answer of Prometheus to the TrafficSplit with weight 0, seen by a watch of the bench, with 100 Rollouts in flight.
import { join } from 'node:path';
import { auditMark, readAudit } from '../test/cluster/kit/audit.ts';
import { startController } from '../test/cluster/kit/controller.ts';
import { inform } from '../test/cluster/kit/informer.ts';
import { sleep, waitFor } from '../test/cluster/kit/wait.ts';
import { template } from '../test/cluster/support/rollouts.ts';
import type { Bare } from './bare.ts';
import { countRequests, kindsText } from './counts.ts';
import { type CutParts, cutParts } from './cut-parts.ts';
import { benchQuery, fakePrometheus } from './fake-prometheus.ts';
import { aFleet, type Fleet, makeNamespace } from './fleet.ts';
import { floorOf, floorText } from './floor.ts';
import { type Figure, percentile, type Section, say, sorted } from './report.ts';

const inFlight = 100;
const spoiled = 80;
const namespace = 'rollback';
const goals = { p50: 25, p99: 150 };

interface Split {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: { readonly backends: readonly { readonly service: string; readonly weight: number }[] };
}

export async function rollbackSection({ admin, info }: Bare): Promise<Section> {
  say(`rollback: ${inFlight + spoiled} Rollouts, ${spoiled} of them go bad one by one, then the rest at once`);
  const prometheus = await fakePrometheus();
  await makeNamespace(admin, namespace);
  const metric = { name: 'success', interval: '10s', thresholdRange: { min: 0.95 }, provider: { prometheus: { query: benchQuery } } };
  await admin.apply(template(namespace, 'checks', [metric]), { manager: 'user' });
  const args = ['--log-level', 'info'];
  const traceFile = join(info.runDir, 'cuts.jsonl');
  const env = { NODE_OPTIONS: `--import ${join(info.repository, 'bench/cut-trace.mjs')}`, SLUICE_BENCH_TRACE: traceFile };
  const controller = await startController(admin, info, namespace, { prometheus: prometheus.url, args, env });
  await controller.only.waitReady();
  const fleet = await aFleet(admin, namespace, inFlight + spoiled, {
    steps: [{ setWeight: 20 }, { pause: {} }],
    analysis: { templates: [{ name: 'checks' }] },
  });
  const beganAt = performance.now();
  await fleet.until('healthy', ({ status }) => status?.phase === 'Healthy');
  const adoptedMs = performance.now() - beganAt;

  const cutAt = new Map<string, number>();
  const raisedAt = new Map<string, number>();
  const watch = inform<Split>(admin, `/apis/split.smi-spec.io/v1alpha4/namespaces/${namespace}/trafficsplits`, (_, { metadata, spec }) => {
    const canary = spec.backends.length > 1 ? spec.backends[0] : undefined;
    if (canary !== undefined && canary.weight > 0 && !raisedAt.has(metadata.name)) raisedAt.set(metadata.name, performance.now());
    if (canary?.weight === 0 && prometheus.servedBadAt(canary.service) !== undefined && !cutAt.has(canary.service))
      cutAt.set(canary.service, performance.now());
  });
  await watch.synced;
  const releasedAt = performance.now();
  // Spread over two intervals: analyses that are in step would find what goes bad one by one in a few moments, all at once.
  await fleet.release('example/app:2', 20_000);
  await fleet.until('paused at 20 %', ({ status }) => status?.phase === 'Paused' && status.weight?.confirmedAt !== undefined);
  const releasedMs = performance.now() - releasedAt;
  // The analyses find their rhythm: each has been asked at least once.
  await sleep(12_000);

  const mark = auditMark(info.auditFile);
  const [single, rest] = [fleet.names.slice(0, spoiled), fleet.names.slice(spoiled)];
  const canaries = await canariesOf(fleet, admin);
  const spoil = (name: string) => prometheus.spoil(canaries.get(name) ?? '');
  for (const name of single) {
    spoil(name);
    await sleep(100 + Math.random() * 400);
  }
  const one = await latencies(single);
  await sleep(600);
  const parts = partsOf(single, mark);
  const askedBefore = prometheus.asked();
  await sleep(4_000);
  const perSecond = (prometheus.asked() - askedBefore) / 4;
  for (const name of rest) spoil(name);
  const many = await latencies(rest);
  await fleet.until('rolled back', ({ status }) => status?.phase === 'RolledBack');
  const counts = await countRequests({ file: info.auditFile, mark, user: controller.user });

  watch.stop();
  fleet.stop();
  await controller.stop();
  const floors = await floorOf(admin, namespace);
  await prometheus.close();
  const traced = cutParts(traceFile, single);
  const of = (part: (parts: CutParts) => number) => sorted(traced.map(part));
  const [acknowledged, sent, ours] = [of((cut) => cut.acknowledged), of((cut) => cut.sent), of((cut) => cut.ours)];
  const each = (part: (parts: CutParts) => readonly number[]) =>
    ['verdict', 'status', 'split']
      .map(
        (what, at) =>
          `${what} ${percentile(
            of((cut) => part(cut)[at] ?? 0),
            50,
          ).toFixed(1)}`,
      )
      .join(', ');
  const where = 'real kube-apiserver; Deployments and EndpointSlices made ready by a fake kubelet of the bench, no pods';
  const figures: Figure[] = [
    {
      name: `bad sample served to weight 0, one by one, ${inFlight} to ${inFlight + spoiled} in flight`,
      value: `p50 ${ms(percentile(one, 50))}, p99 ${ms(percentile(one, 99))}, max ${ms(percentile(one, 100))}`,
      goal: `p50 <= ${goals.p50} ms, p99 <= ${goals.p99} ms`,
      holds: percentile(one, 50) <= goals.p50 && percentile(one, 99) <= goals.p99,
      note: `${one.length} cuts; ${perSecond.toFixed(0)} questions a second; ${where}; the watch's own few ms are in it`,
      details: one,
    },
    {
      name: 'bad sample arrived to split acknowledged, by the controller’s clock',
      value: `p50 ${ms(percentile(acknowledged, 50))}, p99 ${ms(percentile(acknowledged, 99))}`,
      goal: `p50 <= ${goals.p50} ms, p99 <= ${goals.p99} ms`,
      holds: percentile(acknowledged, 50) <= goals.p50 && percentile(acknowledged, 99) <= goals.p99,
      note: `${traced.length} cuts; until the split was sent p50 ${ms(percentile(sent, 50))}, p99 ${ms(percentile(sent, 99))}; waiting for the API server, p50 in ms: ${each(({ waits }) => waits)}`,
      details: traced,
    },
    {
      name: 'of which the controller took itself',
      value: `p50 ${percentile(ours, 50).toFixed(1)} ms, p99 ${ms(percentile(ours, 99))}`,
      note: `all but the time between a write leaving and its answer coming; p50 in ms, deciding: ${each(({ hops }) => hops)}; sending: ${each(({ sendings }) => sendings)}`,
    },
    {
      name: 'of which the API server took for its three writes, in turn',
      value: `p50 ${ms(percentile(parts.server, 50))}; all but them p50 ${ms(percentile(parts.ours, 50))}, p99 ${ms(percentile(parts.ours, 99))}`,
      note: `by the audit log: ${parts.kinds}`,
    },
    {
      name: 'the floor: those three writes alone, one after another, without Sluice',
      value: `p50 ${floors.reduce((sum, { wallMs }) => sum + percentile(wallMs, 50), 0).toFixed(1)} ms in a row`,
      note: floorText(floors),
    },
    {
      name: `the same, ${rest.length} go bad at one moment`,
      value: `p50 ${ms(percentile(many, 50))}, p99 ${ms(percentile(many, 99))}, max ${ms(percentile(many, 100))}`,
      note: `each cut is three writes: verdict, status, split; ${kindsText(counts)}`,
      details: many,
    },
    { name: `${fleet.names.length} adoptions at once`, value: `${(adoptedMs / 1_000).toFixed(1)} s`, note: 'maxLag 2 s twice in it' },
    {
      name: `${fleet.names.length} releases to 20 %, begun over 20 s, confirmed`,
      value: `${(releasedMs / 1_000).toFixed(1)} s`,
      note: 'maxLag 2 s in it',
    },
  ];
  return { title: 'Rollback', figures };

  /** How long the API server held the verdict, the status and the split of each cut, and what is left of its latency. */
  function partsOf(names: readonly string[], from: number) {
    const written = readAudit(info.auditFile, { user: controller.user }, from).filter(({ verb, code }) => verb === 'patch' && code < 400);
    const took = new Map<string, number[]>(['analysisruns', 'rollouts', 'trafficsplits'].map((kind) => [kind, []]));
    const cuts = names.map((name) => {
      const canary = canaries.get(name) ?? '';
      const ofSplit = written.filter((one) => one.resource === 'trafficsplits' && one.name === name).at(0);
      const before = (resource: string) =>
        written.filter((one) => one.resource === resource && one.name.startsWith(name) && one.doneAt <= (ofSplit?.at ?? 0) + 1).at(-1);
      let server = 0;
      for (const request of [before('analysisruns'), before('rollouts'), ofSplit]) {
        const held = request === undefined ? Number.NaN : request.doneAt - request.at;
        if (request !== undefined) took.get(request.resource)?.push(held);
        server += held;
      }
      return { server, ours: (cutAt.get(canary) ?? Number.NaN) - (prometheus.servedBadAt(canary) ?? Number.NaN) - server };
    });
    const kinds = [...took].map(([kind, values]) => `${kind} p50 ${ms(percentile(sorted(values), 50))}`).join(', ');
    return { server: sorted(cuts.map(({ server }) => server)), ours: sorted(cuts.map(({ ours }) => ours)), kinds };
  }

  async function latencies(names: readonly string[]): Promise<readonly number[]> {
    const services = names.map((name) => canaries.get(name) ?? '');
    await waitFor('every bad canary at weight 0', () => services.every((service) => cutAt.has(service)), { deadlineMs: 60_000 });
    return sorted(services.map((service) => (cutAt.get(service) ?? Number.NaN) - (prometheus.servedBadAt(service) ?? Number.NaN)));
  }
}

const ms = (value: number): string => `${value.toFixed(0)} ms`;

/** Name of each Rollout to the name of its canary's Service. */
async function canariesOf({ namespace: of }: Fleet, admin: Bare['admin']): Promise<ReadonlyMap<string, string>> {
  interface Named {
    readonly metadata: { readonly name: string };
    readonly status?: { readonly canaryRevision?: string };
  }
  const { items } = await admin.list<Named>(`/apis/sluice.dev/v1alpha1/namespaces/${of}/rollouts`);
  return new Map(items.map(({ metadata, status }) => [metadata.name, `${metadata.name}-${status?.canaryRevision ?? ''}`]));
}
