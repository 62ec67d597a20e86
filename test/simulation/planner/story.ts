import type { CanaryStrategy, RolloutStatus } from '../../../src/core/rollout.ts';
import type { Step } from '../../../src/core/steps/index.ts';
import type { World } from '../../../src/core/world.ts';
import type { Random } from '../../../src/lib/index.ts';
import { seededRandom } from '../../../src/lib/index.ts';
import { minutes, seconds, type WireSpec } from '../../support/worlds.ts';
import { effectLaws, statusLaws } from './invariants.ts';
import { type Quality, type Toy, ToyCluster } from './toy-cluster.ts';

/** One seeded life of a Rollout: an adoption, some releases, faults, and then quiet, in which it must come to rest. */

export interface Ending {
  readonly toy: ToyCluster;
  readonly violations: readonly string[];
  readonly plans: number;
}

const chosen = <T>(random: Random, options: readonly T[]): T => options[Math.floor(random.next() * options.length)] as T;

const stepLists: readonly NonNullable<WireSpec['strategy']['canary']['steps']>[] = [
  [{ setWeight: 10 }, { pause: { duration: '20s' } }, { setWeight: 50 }, { pause: { duration: '10s' } }],
  [{ setWeight: 25 }, { analysis: { templates: [{ name: 'smoke' }] } }, { setWeight: 75 }],
  [
    { setCanaryScale: { replicas: 2 } },
    { setWeight: 20 },
    { setWeight: 10 },
    { pause: { duration: '15s' } },
    { setCanaryScale: { matchTrafficWeight: true } },
    { setWeight: 100 },
  ],
];

function specOf(random: Random): WireSpec {
  const analysis =
    random.next() < 0.6
      ? {
          analysis: {
            templates: [{ name: 'rate' }],
            startingStep: Math.floor(random.next() * 3),
            evidence: chosen(random, ['PerStep', 'Running'] as const),
          },
        }
      : {};
  const bake = random.next() < 0.3 ? { afterPromotion: { duration: '20s', analysis: { templates: [{ name: 'bake' }] } } } : {};
  return {
    workloadRef: { name: 'web' },
    replicas: 1 + Math.floor(random.next() * 4),
    service: { name: 'web' },
    traffic: { smi: {} },
    progressDeadline: '3m',
    revisionHistoryLimit: Math.floor(random.next() * 3),
    strategy: {
      canary: {
        steps: chosen(random, stepLists),
        ...analysis,
        ...bake,
        scaleDownDelay: chosen(random, ['0s', '30s', '5m']),
        abortScaleDownDelay: chosen(random, ['0s', '30s']),
      },
    },
  };
}

const shown = ({ phase, stableRevision, canaryRevision, attempt, step, weight, stage, message }: RolloutStatus): string =>
  `${phase} ${stage?.name ?? ''} ${stableRevision} ${canaryRevision}/${attempt} step ${step?.index} ${JSON.stringify(weight)} ${message}`;

type Fault = (toy: ToyCluster, random: Random) => void;

const editCanary = (toy: ToyCluster, edit: (canary: CanaryStrategy) => CanaryStrategy): void =>
  toy.setRollout({ spec: { ...toy.rollout.spec, strategy: { canary: edit(toy.rollout.spec.strategy.canary) } } });

const faults: Readonly<Record<string, Fault>> = {
  template: (toy, random) => {
    const index = Math.floor(random.next() * 5);
    // A port that moves while the first revision comes up would break the workload by itself: its own pods stand still until then.
    const { phase, stableRevision } = toy.rollout.status;
    const isAdopted = phase !== 'Initializing' && stableRevision !== undefined;
    toy.release(`rev000000${isAdopted ? index : index - (index % 2)}`);
  },
  scale: (toy, random) => toy.setRollout({ spec: { ...toy.rollout.spec, replicas: Math.floor(random.next() * 6) } }),
  scaleALittle: (toy, random) => toy.setRollout({ spec: { ...toy.rollout.spec, replicas: 1 + Math.floor(random.next() * 5) } }),
  pause: (toy) => toy.setRollout({ spec: { ...toy.rollout.spec, paused: !toy.rollout.spec.paused } }),
  kill: (toy, random) => toy.killPods(chosen(random, [...toy.revisions.keys()]), 1 + Math.floor(random.next() * 4)),
  editSplit: (toy, random) => {
    if (toy.split === undefined) return;
    const weight = Math.floor(random.next() * 101);
    const backends = toy.split.split.backends.map(({ service }, index) => ({ service, weight: index === 0 ? weight : 100 - weight }));
    toy.setSplit(backends, toy.split.stamp, 'argocd');
  },
  deleteSplit: (toy) => toy.deleteSplit(),
  nameAnother: (toy) => {
    const { backends = [] } = toy.split?.split ?? {};
    if (backends.length > 0) toy.setSplit([{ service: 'other', weight: 0 }, ...backends], toy.split?.stamp, 'argocd');
  },
  deleteService: (toy, random) => {
    if (toy.revisions.size > 0) toy.deleteService(chosen(random, [...toy.revisions.keys()]));
  },
  deleteRun: (toy, random) => {
    if (toy.runs.size > 0) toy.runs.delete(chosen(random, [...toy.runs.keys()]));
  },
  blind: (toy, random) => {
    toy.blindness = toy.blindness === undefined ? chosen(random, ['splits', 'some'] as const) : undefined;
  },
  editAnalysis: (toy, random) =>
    editCanary(toy, (canary) => {
      const { analysis, afterPromotion } = canary;
      const renamed = { templates: [{ name: chosen(random, ['rate', 'errors', 'latency']), clusterScope: false }] };
      return {
        ...canary,
        ...(analysis === undefined ? {} : { analysis: { ...analysis, ...renamed } }),
        ...(afterPromotion?.analysis === undefined
          ? {}
          : { afterPromotion: { ...afterPromotion, analysis: { ...afterPromotion.analysis, ...renamed } } }),
      };
    }),
  editSteps: (toy, random) =>
    editCanary(toy, (canary) => ({
      ...canary,
      steps: canary.steps?.map((step): Step => {
        if (step.kind === 'setWeight' && random.next() < 0.3) return { ...step, config: Math.min(100, step.config + 5) };
        if (step.kind !== 'analysis') return step;
        return { ...step, config: { ...step.config, templates: [{ name: chosen(random, ['smoke', 'strict']), clusterScope: false }] } };
      }),
    })),
  rival: (toy) => {
    toy.rival = toy.rival === undefined ? 'shop/older' : undefined;
  },
  doubt: (toy) => {
    toy.isDoubtful = !toy.isDoubtful;
  },
  replace: (toy) => {
    if (!toy.rollout.isDeleting) toy.setRollout({ hasFinalizer: false });
  },
  unpin: (toy) => toy.pin(undefined),
  editWorkload: (toy) => toy.setWorkload({}, 2),
  addPort: (toy) => {
    toy.root = {
      ...toy.root,
      version: toy.root.version + 1000,
      ports: [...toy.root.ports.slice(0, 1), { name: 'admin', port: 9000, protocol: 'TCP' }],
    };
  },
};

/** Faults that leave the data plane to us: under these no request may be lost. */
const harmless = [
  'template',
  'template',
  'template',
  'template',
  'scaleALittle',
  'pause',
  'addPort',
  'rival',
  'blind',
  'deleteRun',
  'editAnalysis',
  'editSteps',
  'doubt',
] as const;

export function live(seed: number, trace?: (line: string) => void): Ending {
  const random = seededRandom(seed);
  const violations: string[] = [];
  const isHarmless = random.next() < 0.5;
  const worst = random.next();
  const quality = (revision: string): Quality => {
    const index = Number(revision.at(-1));
    return index === 0 || worst < 0.3 ? 'good' : index === 2 ? 'broken' : index === 3 ? 'failing' : 'good';
  };
  let lives = 0;
  const onWrite: Toy['onWrite'] = (toy, write, world) => {
    const moment = { toy, world };
    trace?.(`${(toy.nowMs % 86_400_000) / 1000} ${write.kind === 'status' ? shown(write.status) : JSON.stringify(write).slice(0, 180)}`);
    const found =
      write.kind === 'status'
        ? Object.entries(statusLaws).map(([law, holds]) => [law, holds(toy.rollout.status, write.status, moment)] as const)
        : Object.entries(effectLaws).map(([law, holds]) => [law, holds(write, moment)] as const);
    if (write.kind === 'removeFinalizer') lives += 1;
    violations.push(...found.filter(([, wrong]) => wrong !== undefined).map(([law, wrong]) => `${law}: ${wrong}`));
    if (lives > 1) violations.push('I35 the finalizer is removed once');
  };
  const toy = new ToyCluster({ spec: specOf(random), isAdapterSeen: random.next() < 0.5, quality, onWrite }, random);
  toy.isTame = isHarmless;
  const steps = Math.floor(random.next() * 120);
  let plans = 0;
  let past: World = toy.world();
  /** What the leader knew that stood still when another took its place. */
  let frozen: World | undefined;
  const lost = () => {
    const wrong = isHarmless && toy.rollout.spec.replicas !== 0 ? lostTraffic(toy) : undefined;
    if (wrong !== undefined) violations.push(wrong);
  };
  for (let index = 0; index < steps && violations.length === 0 && !toy.isGone; index += 1) {
    if (random.next() < 0.12) {
      const name = chosen(random, isHarmless ? harmless : Object.keys(faults));
      trace?.(`-- ${name}`);
      if (name !== 'kill' || toy.revisions.size > 0) faults[name]?.(toy, random);
    }
    if (index > 20 && random.next() < 0.004) toy.setRollout({ isDeleting: true });
    if (random.next() < 0.03) {
      frozen = toy.world();
      toy.epoch += 1;
    }
    // It wakes up: its watches come back one by one.
    if (frozen !== undefined && random.next() < 0.2)
      toy.reconcile({ stale: { ...frozen, traffic: toy.world().traffic }, epoch: frozen.epoch });
    const isOld = random.next() < 0.1;
    const crashAfter = random.next() < 0.15 ? Math.floor(random.next() * 4) : Number.POSITIVE_INFINITY;
    const seen = toy.world();
    toy.reconcile({ ...(isOld ? { stale: past, epoch: Math.max(1, toy.epoch - Math.floor(random.next() * 2)) } : {}), crashAfter });
    if (random.next() < 0.5) past = seen;
    toy.measure();
    lost();
    const nextMs = random.next() < 0.6 ? Math.min(toy.nextEventMs(), toy.nowMs + seconds(15)) : toy.nowMs + random.next() * seconds(8);
    toy.nowMs = Math.min(nextMs, toy.later?.atMs ?? nextMs);
    if (toy.later !== undefined && toy.nowMs >= toy.later.atMs) toy.catchUp();
    lost();
    plans += 1;
  }
  toy.catchUp();
  if (random.next() < 0.3) toy.setRollout({ isDeleting: true });
  toy.rival = undefined;
  toy.blindness = undefined;
  toy.isDoubtful = false;
  toy.setRollout({ spec: { ...toy.rollout.spec, paused: false, replicas: Math.max(1, toy.rollout.spec.replicas ?? 1) } });
  plans += settle(toy, quality, violations, lost);
  return { toy, violations, plans };
}

/** The faults are over: it comes to rest, and then does nothing more (L1, L4, L5). */
function settle(toy: ToyCluster, quality: Toy['quality'], violations: string[], lost: () => void): number {
  const limitMs = toy.nowMs + minutes(120);
  let plans = 0;
  while (violations.length === 0 && toy.nowMs < limitMs && !toy.isGone) {
    toy.measure();
    const next = toy.reconcile();
    lost();
    plans += 1;
    const isQuiet = next.status === undefined && next.effects.length === 0;
    const moment = Math.min(toy.nextEventMs(), next.wakeAtMs ?? Number.POSITIVE_INFINITY);
    if (isQuiet && moment === Number.POSITIVE_INFINITY) break;
    if (plans > 3000) violations.push(`L1 it does not come to rest: ${toy.rollout.status.phase}, ${toy.rollout.status.message}`);
    toy.nowMs = isQuiet ? Math.max(moment, toy.nowMs + 1) : toy.nowMs + 100;
    lost();
  }
  if (violations.length === 0) violations.push(...endLaws(toy, quality));
  return plans;
}

function endLaws(toy: ToyCluster, quality: Toy['quality']): readonly string[] {
  const { status, isDeleting } = toy.rollout;
  if (isDeleting)
    return toy.isGone || quality(status.stableRevision ?? '') === 'broken'
      ? []
      : [`L8 the finalizer stays: ${status.stage?.name}, ${status.message}`];
  // A first template that never comes up leaves the workload as it was.
  if (status.phase === 'Initializing' && quality(toy.target) === 'broken') return [];
  // Adopted while it was scaled to zero, and scaled up since: nothing is raised while stable has no pods.
  if (quality(status.stableRevision ?? '') === 'broken') return [];
  const isPromoted = status.phase === 'Healthy' && status.stableRevision === toy.target;
  const isRolledBack = status.phase === 'RolledBack' && status.canaryRevision === toy.target;
  if (!isPromoted && !isRolledBack) return [`L1, L4 and L5: it ends ${status.phase}: ${status.message}`];
  const backends = toy.split?.split.backends ?? [];
  return backends.at(-1)?.weight === 100 && backends.at(-1)?.service === `web-${status.stableRevision}`
    ? []
    : ['L2 the split does not end at stable'];
}

/** A revision or Service that gets requests now and has no pod for them. */
function lostTraffic(toy: ToyCluster): string | undefined {
  const { shares, pinned } = toy.traffic;
  const rootPods =
    pinned === undefined
      ? toy.ready(toy.workload) + [...toy.revisions.keys()].reduce((sum, revision) => sum + toy.readyOf(revision), 0)
      : toy.readyOf(pinned);
  if (rootPods === 0 && !toy.isGone) return `no request is lost: the root Service has no pod (${pinned})`;
  if (toy.deaf !== undefined) return `no request is lost: the pods of ${toy.deaf} do not listen where requests are sent`;
  const empty = Object.entries(shares ?? {}).find(([revision, weight]) => weight > 0 && toy.readyOf(revision) === 0);
  return empty === undefined ? undefined : `no request is lost: ${empty[0]} has ${empty[1]} % and no pod`;
}
