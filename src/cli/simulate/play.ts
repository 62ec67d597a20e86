import { analysisTemplates, clusterAnalysisTemplates, rollouts } from '../../api/index.ts';
import { apiVersionOf, type KubeObject, type Resource, resourcePath } from '../../kube/index.ts';
import type { ApiAnswer } from '../../sandbox/api/index.ts';
import type { Behaviour, Sandbox } from '../../sandbox/index.ts';
import { resources } from '../../sandbox/objects/index.ts';
import { createSimulation, type Replica, type Simulation } from '../../simulation/index.ts';
import { versionAnnotation, type Written } from './app.ts';
import { lossesIn } from './losses.ts';
import { behaviourOf } from './quality.ts';
import type { Scenario } from './scenario.ts';
import { type SilentMetric, silentMetrics } from './silent.ts';
import { skim } from './skim.ts';
import { type Caught, Watch } from './watch.ts';

export type Ending = 'promoted' | 'rolledBack' | 'undecided';

/** What became of one release. Times count from the change of the template. */
export interface Played {
  readonly ending: Ending;
  readonly afterMs: number;
  /** Of one that was rolled back. */
  readonly caught?: Caught;
  /** Of one that is undecided: what it waits for. */
  readonly waitsFor?: { readonly reason: string; readonly message: string };
  readonly requests: Requests;
}

export interface Requests {
  /** All, from the release until it ended. */
  readonly total: number;
  /** Those that the new version got. */
  readonly reached: number;
  /** Of those, what it failed: with 5xx, or because its pods crashed. */
  readonly failed: number;
  /** Left without an endpoint by the controller or the mesh. */
  readonly lost: number;
}

export interface SeedResult {
  readonly seed: number;
  /** A release that is as good as the version before. */
  readonly good: Played;
  /** The one that the user describes; absent where it is the good one. */
  readonly release?: Played;
  readonly silent: readonly SilentMetric[];
}

/** Why nothing could be played: the API server refused an object, or the Rollout never came to rest. */
export class CannotPlay extends Error {}

/** Adopts the app, releases a good version and then the one that is described. The same seed, the same result. */
export async function playSeed(scenario: Scenario, seed: number): Promise<SeedResult> {
  const sim = createSimulation({ seed, sandbox: sandboxOf(scenario) });
  try {
    for (const object of scenario.objects.slice(0, -1)) apply(sim.sandbox, object);
    const watch = new Watch(sim, scenario);
    const replica = sim.start('sluice', { config: { leaderElection: false } });
    await sim.runFor(beforeMs);
    for (const object of scenario.objects.slice(-1)) apply(sim.sandbox, object);
    await adopt(sim, scenario, watch);
    sendRequests(sim.sandbox, scenario);
    const good = await release(sim, replica, { scenario, watch, version: 'good' });
    const silentOfGood = silentMetrics(sim.sandbox, scenario);
    if (scenario.release === undefined) return { seed, good, silent: silentOfGood };
    await sim.runFor(Math.min(scenario.warmMs, longestWarmMs) + restMs);
    const described = await release(sim, replica, { scenario, watch, version: 'release' });
    return { seed, good, release: described, silent: silentOfGood };
  } finally {
    sim.close();
  }
}

const beforeMs = 10_000;
const restMs = 30_000;
const longestWarmMs = 600_000;
const adoptionMs = 1_800_000;
/** A release comes at no particular moment of the scrapes and intervals, and finds metrics of the minutes before it. */
const quietMs = 60_000;

const sandboxOf = ({ mode, dialects, wanted, scrapeMs, stable, release }: Scenario): Parameters<typeof createSimulation>[0]['sandbox'] => {
  const names = new Set(wanted);
  // Where nobody asks how long answers take, all take as long: requests are counted by status alone then, in a tenth of the time.
  const isTimed = wanted.some((series) => /_(bucket|sum|count)$/.test(series));
  const [asStable, asReleased] = [stable, release ?? stable].map((quality) =>
    isTimed ? behaviourOf(quality) : untimed(behaviourOf(quality)),
  );
  return {
    ...{ isTerse: true, mesh: { mode }, metrics: { dialects, scrapeMs, isWanted: (series) => names.has(series) } },
    // Whoever scrapes counts; in between nobody asks.
    tickMs: 3_600_000,
    profiles: ({ metadata }) => (metadata.annotations?.[versionAnnotation] === 'release' ? asReleased : asStable),
  };
};

const untimed = (behaviour: Partial<Behaviour>): Partial<Behaviour> => ({ ...behaviour, latency: { kind: 'fixed', ms: 20 } });

/** As `kubectl apply --server-side` does it. */
function apply({ api }: Sandbox, object: Written): void {
  const { apiVersion, kind, metadata } = object as unknown as KubeObject;
  const resource = served.find((one) => one.kind === kind && apiVersion === apiVersionOf(one));
  if (resource === undefined) throw new CannotPlay(`${kind} ${metadata.name}: apiVersion ${apiVersion} is not served`);
  const answer: ApiAnswer = api.request({
    method: 'PATCH',
    path: resourcePath(resource, metadata),
    query: { fieldManager: 'kubectl', force: true },
    headers: { 'content-type': 'application/apply-patch+yaml', 'user-agent': 'kubectl', accept: 'application/json' },
    body: object,
  });
  const message = (answer.body as { readonly message?: string } | undefined)?.message;
  if (answer.status >= 300) throw new CannotPlay(`${kind} ${metadata.name} is refused: ${message ?? answer.status}`);
}

async function adopt(sim: Simulation, { name }: Scenario, watch: Watch): Promise<void> {
  if (await sim.runUntil(() => watch.phase === 'Healthy', adoptionMs)) return;
  const { phase = 'nothing', reason, message } = watch.standing();
  throw new CannotPlay(`Rollout ${name} does not even take over the app: it is ${phase}, ${reason}: ${message}`);
}

function sendRequests(sandbox: Sandbox, { namespace, service, port, perSecond, unmeshedShare }: Scenario): void {
  const send = (name: string, share: number, isMeshed: boolean) => {
    const rate = { kind: 'constant', perSecond: perSecond * share } as const;
    if (rate.perSecond > 0) sandbox.send({ name, namespace, target: { namespace, service, port }, rate, isMeshed, proxies: 2 });
  };
  send('clients', 1 - unmeshedShare, true);
  send('outsiders', unmeshedShare, false);
}

interface Release {
  readonly scenario: Scenario;
  readonly watch: Watch;
  readonly version: 'good' | 'release';
}

async function release(sim: Simulation, replica: Replica, { scenario, watch, version }: Release): Promise<Played> {
  const { sandbox, clock } = sim;
  await sim.runFor(quietMs * (1 + sim.random.next()));
  sandbox.settle();
  const [before, beganMs] = [sandbox.oracle.totals(), clock.monotonicMs()];
  const lostBefore = lossesIn(sandbox.oracle);
  watch.begin();
  changeTemplate(sandbox, scenario, version);
  const leftMs = () => scenario.limitMs - (clock.monotonicMs() - beganMs);
  while (!watch.isOver() && leftMs() > 0) {
    await sim.runUntil(() => watch.isOver() || watch.isDull(), leftMs());
    if (!watch.isOver() && watch.isDull()) await skim(sim, replica, { scenario, watch });
  }
  sandbox.settle();
  const after = sandbox.oracle.totals();
  const lost = lossesIn(sandbox.oracle);
  const canary = sandbox.oracle.totals(`${scenario.namespace}/${watch.canary ?? ''}`);
  return {
    ...watch.ending(),
    requests: {
      total: after.sent - before.sent,
      reached: canary.sent,
      failed: canary.failed + (lost.byCrashes - lostBefore.byCrashes),
      lost: lost.byOthers - lostBefore.byOthers,
    },
  };
}

/** A release is a change of the template, and of nothing else. */
function changeTemplate({ client }: Sandbox, { namespace, name, workload }: Scenario, version: string): void {
  const spec = { template: { metadata: { annotations: { [versionAnnotation]: version } } } };
  const [resource, ref] = workload === undefined ? [rollouts, { namespace, name }] : [resources.deployments, { namespace, name: workload }];
  const changed = client.patch(resource, ref, { spec });
  if (!changed.ok) throw new CannotPlay(`the new version is refused: ${changed.failure.message}`);
}

const served: readonly Resource[] = [
  ...[resources.namespaces, resources.configMaps, resources.secrets, resources.services, resources.deployments],
  ...[rollouts, analysisTemplates, clusterAnalysisTemplates],
];
