// Requests to the API server of an adoption, of releases and of a rollback, on the whole test bed: real pods, a real Envoy, a real Prometheus.
import { deployment } from '../test/cluster/kit/apps.ts';
import { auditMark } from '../test/cluster/kit/audit.ts';
import type { Bed } from '../test/cluster/kit/bed.ts';
import { pathOf } from '../test/cluster/kit/paths.ts';
import { sleep, waitForObject } from '../test/cluster/kit/wait.ts';
import { type Rollout, type RolloutStatus, rollout, successRate, template } from '../test/cluster/support/rollouts.ts';
import { type Counts, countRequests, kindsText } from './counts.ts';
import { type Figure, percentile, type Section, say, sorted } from './report.ts';

const weights = [10, 20, 30, 40, 50];
const goal = 25;

interface Variant {
  readonly name: string;
  readonly title: string;
  readonly pause: string | undefined;
  readonly isAnalysed: boolean;
}

const variants: readonly Variant[] = [
  { name: 'b-plain', title: '5 steps, pauses of 10 s', pause: '10s', isAnalysed: false },
  { name: 'b-fast', title: '5 steps, no pauses', pause: undefined, isAnalysed: false },
  { name: 'b-judged', title: '5 steps, pauses of 10 s, one metric every 10 s', pause: '10s', isAnalysed: true },
  { name: 'b-judged-fast', title: '5 steps, no pauses, one metric every 10 s', pause: undefined, isAnalysed: true },
];

interface Outcome {
  readonly variant: Variant;
  readonly adoption: Counts;
  readonly release: Counts;
  readonly rollback: Counts | undefined;
  readonly seconds: number;
  /** From the new template to the first weight. */
  readonly reactionMs: number;
  readonly samples: number;
  /** What each status write of the release changed, in order: where a write could be saved. */
  readonly statusWrites: readonly string[];
}

export async function requestsSection(bed: Bed): Promise<Section> {
  say('releases: four variants side by side');
  const outcomes = await Promise.all(variants.map((variant) => measure(bed, variant)));
  const first = outcomes[0];
  const adoption = first === undefined ? [] : [countFigure('adoption of a live workload', first.adoption)];
  const releases = outcomes.map(({ variant, release, seconds, samples, statusWrites }) => ({
    ...countFigure(`release: ${variant.title}`, release, goal),
    note: `${seconds.toFixed(0)} s${variant.isAnalysed ? `, ${samples} samples taken` : ''}; ${kindsText(release)}`,
    details: { ...release, statusWrites },
  }));
  const rollbacks = outcomes.flatMap(({ variant, rollback }) =>
    rollback === undefined ? [] : [countFigure(`rollback at 10 %: ${variant.title}`, rollback)],
  );
  const reactions = sorted(outcomes.map(({ reactionMs }) => reactionMs));
  const reaction: Figure = {
    name: 'new template to first weight, real pods',
    value: `p50 ${percentile(reactions, 50).toFixed(0)} ms, max ${percentile(reactions, 100).toFixed(0)} ms`,
    note: 'four at once; the start of the pods, and their way into Envoy, is in it',
  };
  return { title: 'Requests, by the audit log of kube-apiserver', figures: [...adoption, ...releases, ...rollbacks, reaction] };
}

function countFigure(name: string, counts: Counts, most?: number): Figure {
  const { total, reads, writes, events, refused } = counts;
  const value = `${total} (${reads} reads, ${writes} writes, ${events} events)${refused === 0 ? '' : `, ${refused} refused`}`;
  const judged = most === undefined ? {} : { goal: `<= ${most}, 0 reads`, holds: total <= most && reads === 0 };
  return { name, value, ...judged, note: kindsText(counts), details: counts };
}

async function measure(bed: Bed, variant: Variant): Promise<Outcome> {
  const { name, pause, isAnalysed } = variant;
  const { admin, info } = bed;
  const scenario = await bed.namespace(name, { mode: 'strict' });
  const app = { name: 'web', replicas: 2, image: 'example/app:1' };
  await scenario.deploy(app);
  await scenario.ready('web');
  await scenario.load('web', { perSecond: 40, seconds: 1_200, maxRequests: 60_000 });
  const controller = await scenario.controller({ args: ['--log-level', 'info'] });
  await controller.only.waitReady();
  const path = pathOf('rollouts', name, 'web');
  const until = async (what: string, holds: (status: RolloutStatus) => boolean): Promise<RolloutStatus> => {
    const options = { deadlineMs: 300_000 };
    const found = await waitForObject<Rollout>(
      admin,
      path,
      `${name} ${what}`,
      (it) => it?.status !== undefined && holds(it.status),
      options,
    );
    return found?.status ?? {};
  };
  const counted = async (act: () => Promise<void>): Promise<Counts> => {
    const mark = auditMark(info.auditFile);
    await act();
    return countRequests({ file: info.auditFile, mark, user: controller.user });
  };
  const change = (image: string, behaviour: Record<string, string> = {}) =>
    admin.apply(deployment(name, { name: 'web', image, behaviour }), { manager: 'user' });

  const steps = weights.flatMap((weight) => [{ setWeight: weight }, ...(pause === undefined ? [] : [{ pause: { duration: pause } }])]);
  if (isAnalysed) await admin.apply(template(name, 'checks', [successRate({ interval: '10s' })]), { manager: 'user' });
  const analysis = isAnalysed ? { analysis: { templates: [{ name: 'checks' }] } } : {};
  const adoption = await counted(async () => {
    await admin.apply(rollout(name, { steps, ...analysis }), { manager: 'user' });
    await until('adopted', ({ phase }) => phase === 'Healthy');
    await sleep(8_000);
  });
  const splits = await scenario.record('trafficsplits');
  const rollouts = await scenario.record<Rollout>('rollouts');
  let [seconds, reactionMs] = [0, Number.NaN];
  const before = (await until('known', () => true)).stableRevision;
  const release = await counted(async () => {
    const startedAt = Date.now();
    await change('example/app:2');
    await until('promoted', ({ phase, stableRevision }) => phase === 'Healthy' && stableRevision !== before);
    seconds = (Date.now() - startedAt) / 1_000;
    reactionMs = (splits.versions().find(({ object }) => raises(object, before))?.at ?? Number.NaN) - startedAt;
    // The old revision goes to zero after its delay of 5 s; that belongs to the release.
    await sleep(9_000);
  });
  const statusWrites = changesOf(rollouts.versions().map(({ object }) => object.status ?? {}));
  const rollback = isAnalysed && pause !== undefined ? await counted(rolledBack) : undefined;
  const samples = await samplesOf(bed, name);
  await scenario.dispose();
  return { variant, adoption, release, rollback, seconds, reactionMs, samples, statusWrites };

  async function rolledBack(): Promise<void> {
    await change('example/app:3', { 'error-rate': '1' });
    await until('rolled back', ({ phase }) => phase === 'RolledBack');
    await sleep(6_000);
  }
}

/** Members of the status that differ from one version to the next; with the message, which says where it stood. */
function changesOf(versions: readonly RolloutStatus[]): readonly string[] {
  return versions.slice(1).map((after, at) => {
    const before: Readonly<Record<string, unknown>> = { ...versions[at] };
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    const changed = [...names].filter((name) => JSON.stringify(before[name]) !== JSON.stringify(Reflect.get(after, name)));
    return `${changed.join(', ')}: ${after.message ?? ''}`;
  });
}

/** Whether the canary, any backend but the stable one, has weight. */
function raises(split: object, stable: string | undefined): boolean {
  const { spec } = split as { spec: { backends: readonly { service: string; weight: number }[] } };
  return spec.backends.some(({ service, weight }) => weight > 0 && service !== `web-${stable}`);
}

interface Run {
  readonly metadata: { readonly creationTimestamp?: string };
  readonly status?: { readonly metricResults?: readonly { readonly successful?: number; readonly noData?: number }[] };
}

/** Samples of the first run, the one of the good release. */
async function samplesOf({ admin }: Bed, namespace: string): Promise<number> {
  const { items } = await admin.list<Run>(pathOf('analysisruns', namespace));
  const [first] = items.toSorted((left, right) =>
    (left.metadata.creationTimestamp ?? '') < (right.metadata.creationTimestamp ?? '') ? -1 : 1,
  );
  return (first?.status?.metricResults ?? []).reduce((sum, { successful = 0, noData = 0 }) => sum + successful + noData, 0);
}
