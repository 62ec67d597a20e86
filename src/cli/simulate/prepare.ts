import { decodeRollout, unknownFields } from '../../api/index.ts';
import { at, listAt, textAt } from '../../api/raw.ts';
import type { RolloutSpec } from '../../core/rollout.ts';
import type { Step } from '../../core/steps/index.ts';
import type { KubeObject } from '../../kube/index.ts';
import { fail, formatDuration, isObject, ok, type Result } from '../../lib/index.ts';
import type { ProviderName } from '../../traffic/index.ts';
import { type AnalysedRollout, type Analyses, errorText, type FindTemplate, readAnalyses } from './analyses.ts';
import { type App, appOf, placed, type Written } from './app.ts';
import { type LeftOut, leftOut, nothingToAsk, queriesOf, unknownIn, webLeftOut } from './askable.ts';
import { assumptionsOf, isGate, isOpenPause } from './assumptions.ts';
import { chooseRollout } from './choose.ts';
import type { Document } from './documents.ts';
import { type Finding, finding } from './findings.ts';
import { meshOf, type SimulatedMesh, wantedSeries } from './meshes.ts';
import { metricUses, shortestWindowMs } from './metric-uses.ts';
import type { Scenario } from './scenario.ts';
import type { Settings } from './settings.ts';
import { pausesMsOf, stretchesOf } from './timeline.ts';
import { warningsOf } from './warnings.ts';

export interface Prepared {
  readonly scenario: Scenario;
  readonly findings: readonly Finding[];
  /** What was made up or left out, in words. */
  readonly assumptions: readonly string[];
}

export interface Given {
  readonly documents: readonly Document[];
  /** Templates that come with the program: used where the user gives none of that name. */
  readonly library: readonly Document[];
}

/** Everything that one run needs; or all that is wrong with what the user gave. */
export function prepare({ documents, library }: Given, settings: Settings): Result<Prepared, readonly string[]> {
  const chosen = chooseRollout(documents, settings);
  if (!chosen.ok) return fail([chosen.failure]);
  const document = chosen.value;
  const namespace = document.namespace ?? settings.namespace;
  const decoded = decodeRollout(document.object as unknown as KubeObject);
  const unknown = unknownFields(document.object);
  if (!decoded.ok) return fail([...decoded.failure, ...unknown].map((error) => errorText(document, error)));
  const { spec } = decoded.value;
  const isIn = (found: Document) => (found.namespace ?? settings.namespace) === namespace;
  const find = (kind: string, name: string) => documents.find((found) => found.kind === kind && found.name === name && isIn(found));
  const findTemplate = finder({ documents, library }, isIn);
  const problems = [
    ...unknown.map((error) => errorText(document, error)),
    ...(spec.replicas === 0 ? [`${document.where}: Rollout ${document.name}: spec.replicas: is 0: there is nothing to release`] : []),
  ];
  const rollout = { spec, document };
  const first = readAnalyses(rollout, findTemplate, (metric) => (webLeftOut(metric) === undefined ? metric : leftOut(metric)));
  const typos = first.used.flatMap((used) => unknownFields(used.document.object).map((error) => errorText(used.document, error)));
  const all = [...new Set([...problems, ...first.problems.map((problem) => errorText(problem.document, problem)), ...typos])];
  if (all.length > 0) return fail(all);
  const provider = settings.mesh ?? providerOf(spec);
  const { analyses, mesh, out, wanted } = askable({ rollout, findTemplate, first, provider });
  const template = at(document.object, 'spec', 'template');
  const app = appOf({ namespace, spec, template: isObject(template) ? template : undefined, find });
  const uses = metricUses(analyses);
  const stretches = stretchesOf(withResumed(spec, settings.resumeAfterMs));
  const scrapeMs = scrapeMsFor(shortestWindowMs(uses));
  const missed = new Set(out.map(({ metric }) => metric));
  const played = rolloutObject(document.object, { namespace, app, provider, settings });
  const unused = documents.filter((found) => !taken.has(found.kind) && !(isIn(found) && isPlayed(found, app)));
  const lengthMs = pausesMsOf(stretches);
  const release = settings.release === 'stable' ? undefined : settings.release;
  return ok({
    scenario: {
      ...{
        namespace,
        name: document.name,
        service: app.service,
        split: spec.traffic.smi?.splitName ?? app.service,
        port: app.port,
        workload: app.workload,
        perSecond: settings.perSecond,
        unmeshedShare: settings.unmeshedShare ?? 0,
      },
      objects: [...app.objects, ...templateObjects(first, namespace, missed), played],
      ...{ stable: settings.stable, release, mode: mesh.mode, provider, dialects: mesh.dialects, wanted, scrapeMs, lengthMs },
      warmMs: spec.strategy.canary.scaleDownDelay,
      limitMs: 2 * lengthMs + slowestMs(uses) + 2 * spec.progressDeadline + 3_600_000,
    },
    findings: [
      ...distinctFindings(out),
      ...unusedFindings(unused, app),
      ...warningsOf({ spec, analyses, uses, stretches, settings, release }),
    ],
    assumptions: assumptionsOf({ settings, spec, object: document.object, app, mesh, first, library, scrapeMs, unused }),
  });
}

/** One that was given beside one that was made up: most likely a name that is misspelt. */
const unusedFindings = (unused: readonly Document[], { madeUp }: App): readonly Finding[] =>
  unused
    .filter(({ kind }) => madeUp.includes(kind))
    .map(({ kind, name, where }) =>
      finding('InputUnused', `${where}: ${kind} ${name} is not used: the Rollout names another, which is not given`),
    );

const finder =
  ({ documents, library }: Given, isIn: (document: Document) => boolean): FindTemplate =>
  ({ name, clusterScope }) => {
    const kind = clusterScope ? 'ClusterAnalysisTemplate' : 'AnalysisTemplate';
    const isMeant = (found: Document) => found.kind === kind && found.group === 'sluice.dev' && found.name === name;
    return documents.find((found) => isMeant(found) && (clusterScope || isIn(found))) ?? library.find(isMeant);
  };

/** Where nothing else is said, the mesh that most have. */
const providerOf = ({ traffic: { smi } }: RolloutSpec): ProviderName => {
  const provider = smi?.provider ?? 'auto';
  return provider === 'auto' ? 'linkerd' : provider;
};

interface Question {
  readonly rollout: AnalysedRollout;
  readonly findTemplate: FindTemplate;
  readonly first: Analyses;
  readonly provider: ProviderName;
}

/** What is left once everything is out that the simulated mesh cannot answer. */
function askable({ rollout, findTemplate, first, provider }: Question) {
  const web = first.used.flatMap(({ template }) => template.spec.metrics.flatMap((metric) => webLeftOut(metric) ?? []));
  const queries = queriesOf(first.analyses);
  const metrics = first.analyses.flatMap((analysis) => analysis.metrics);
  const mesh: SimulatedMesh = meshOf(
    provider,
    metrics,
    queries.asked.flatMap(({ selectors }) => selectors),
  );
  const out: readonly LeftOut[] = [...web, ...queries.refused, ...unknownIn(mesh, queries.asked)];
  const missed = new Set(out.map(({ metric }) => metric));
  const { analyses } = readAnalyses(rollout, findTemplate, (metric) => (missed.has(metric.name) ? leftOut(metric) : metric));
  const selectors = queries.asked.filter(({ metric }) => !missed.has(metric)).flatMap((query) => query.selectors);
  return { analyses, mesh, out, wanted: wantedSeries(mesh, metrics, selectors) };
}

/** One of each metric: what is left out for one query needs no second reason. */
const distinctFindings = (out: readonly LeftOut[]): readonly Finding[] =>
  [...new Map(out.toReversed().map(({ metric, finding }) => [metric, finding])).values()].toReversed();

const templateObjects = ({ used }: Analyses, namespace: string, missed: ReadonlySet<string>): readonly Written[] =>
  used.map(({ document: { object, kind } }) => {
    const made = placed(object, kind === 'AnalysisTemplate' ? namespace : undefined);
    return {
      ...made,
      spec: { ...(at(made, 'spec') as Written), metrics: listAt(made, 'spec', 'metrics').map((metric) => askableMetric(metric, missed)) },
    };
  });

/** Without what belongs to the user's own Prometheus: its address, and what lets one in. */
function askableMetric(metric: unknown, missed: ReadonlySet<string>): unknown {
  if (!isObject(metric)) return metric;
  if (missed.has(textAt(metric, 'name') ?? '')) {
    const { name, interval, initialDelay, count } = metric;
    return JSON.parse(JSON.stringify({ name, interval, initialDelay, count, ...nothingToAsk })) as unknown;
  }
  const prometheus = at(metric, 'provider', 'prometheus');
  if (!isObject(prometheus)) return metric;
  const { address: _address, headers: _headers, tls: _tls, ...asked } = prometheus;
  return { ...metric, provider: { prometheus: asked } };
}

interface Change {
  readonly namespace: string;
  readonly app: App;
  readonly provider: ProviderName;
  readonly settings: Settings;
}

/** The Rollout as it is played: nobody has to come by, and nothing of the calendar counts. */
function rolloutObject(object: Written, { namespace, app, provider, settings }: Change): Written {
  const made = placed(object, namespace);
  const { windows: _windows, paused: _paused, ...spec } = at(made, 'spec') as Record<string, unknown>;
  const canary = at(spec, 'strategy', 'canary') as Written;
  const steps = listAt(canary, 'steps').map((step) =>
    isOpenPause(step) || isGate(step) ? { pause: { duration: formatDuration(settings.resumeAfterMs) } } : step,
  );
  return {
    ...made,
    spec: {
      ...spec,
      ...(app.template === undefined ? {} : { template: app.template }),
      replicas: app.replicas,
      traffic: { smi: { ...((at(spec, 'traffic', 'smi') as Written | undefined) ?? {}), provider } },
      strategy: { canary: { ...canary, ...(canary.steps === undefined ? {} : { steps }) } },
    },
  };
}

const withResumed = (spec: RolloutSpec, resumeAfterMs: number): RolloutSpec => {
  const { canary } = spec.strategy;
  const waited: Step = { kind: 'pause', config: { duration: resumeAfterMs } };
  const steps = canary.steps?.map((step) =>
    step.kind === 'gate' || (step.kind === 'pause' && step.config.duration === undefined) ? waited : step,
  );
  return steps === undefined ? spec : { ...spec, strategy: { canary: { ...canary, steps } } };
};

/** At least four samples in the shortest window; Prometheus itself is rarely asked for more than one in 15 s. */
const scrapeMsFor = (windowMs: number): number => [15_000, 10_000, 5_000, 2_000].find((ms) => ms * 4 <= windowMs) ?? 1_000;

/** The longest that analyses may take beside the pauses. */
const slowestMs = (uses: ReturnType<typeof metricUses>): number =>
  uses.reduce((sum, { metric, windowMs, kind }) => {
    const own = kind === 'Background' ? 0 : (metric.count ?? 1) * (metric.interval ?? windowMs) + metric.initialDelay;
    return sum + own + windowMs + metric.noData.timeout;
  }, 0);

/** Kinds that the simulation takes up, whichever of them are meant. */
const taken: ReadonlySet<string> = new Set(['Namespace', 'Rollout', 'AnalysisTemplate', 'ClusterAnalysisTemplate']);

const isPlayed = ({ kind, name }: Document, { objects }: App): boolean =>
  objects.some((object) => object.kind === kind && at(object, 'metadata', 'name') === name);
