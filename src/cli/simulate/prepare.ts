import { decodeRollout, unknownFields } from '../../api/index.ts';
import { at, listAt, textAt } from '../../api/raw.ts';
import type { RolloutSpec } from '../../core/rollout.ts';
import type { KubeObject } from '../../kube/index.ts';
import { fail, formatDuration, isObject, ok, type Result } from '../../lib/index.ts';
import type { ProviderName } from '../../traffic/index.ts';
import { type Analyses, errorText, type FindTemplate, readAnalyses } from './analyses.ts';
import { type App, appOf, placed, type Written } from './app.ts';
import { type LeftOut, leftOut, nothingToAsk, queriesOf, unknownIn, webLeftOut } from './askable.ts';
import type { Document } from './documents.ts';
import type { Finding } from './findings.ts';
import { meshOf, type SimulatedMesh, wantedSeries } from './meshes.ts';
import { metricUses, shortestWindowMs } from './metric-uses.ts';
import { shareText } from './quality.ts';
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
  const first = readAnalyses(spec, findTemplate, (metric) => (webLeftOut(metric) === undefined ? metric : leftOut(metric)));
  const typos = first.used.flatMap((used) => unknownFields(used.document.object).map((error) => errorText(used.document, error)));
  const all = [...problems, ...first.problems, ...typos];
  if (all.length > 0) return fail(all);
  const provider = settings.mesh ?? providerOf(spec);
  const { analyses, mesh, out, wanted } = askable({ spec, findTemplate, first, provider });
  const template = at(document.object, 'spec', 'template');
  const app = appOf({ namespace, spec, template: isObject(template) ? template : undefined, find });
  const uses = metricUses(analyses);
  const stretches = stretchesOf(withResumed(spec, settings.resumeAfterMs));
  const scrapeMs = scrapeMsFor(shortestWindowMs(uses));
  const missed = new Set(out.map(({ metric }) => metric));
  const rollout = rolloutObject(document.object, { namespace, app, provider, settings });
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
      },
      objects: [...app.objects, ...templateObjects(first, namespace, missed), rollout],
      ...{ stable: settings.stable, release, mode: mesh.mode, provider, dialects: mesh.dialects, wanted, scrapeMs, lengthMs },
      warmMs: spec.strategy.canary.scaleDownDelay,
      limitMs: 2 * lengthMs + slowestMs(uses) + 2 * spec.progressDeadline + 3_600_000,
    },
    findings: [...distinctFindings(out), ...warningsOf({ spec, analyses, uses, stretches, settings, release })],
    assumptions: [
      ...versionsText(settings),
      ...app.assumptions,
      ...templatesText(first, library),
      ...rolloutText(document.object, spec, settings),
      ...meshText(spec, settings, mesh),
      `Prometheus scrapes every ${formatDuration(scrapeMs)}`,
      ...unusedText(documents, [document, ...first.used.map((used) => used.document)], isIn, spec, app),
    ],
  });
}

function chooseRollout(documents: readonly Document[], { rollout, namespace }: Settings): Result<Document, string> {
  const rollouts = documents.filter(({ kind, group }) => kind === 'Rollout' && group === 'sluice.dev');
  const foreign = documents.filter(({ kind, group }) => kind === 'Rollout' && group !== 'sluice.dev');
  const listed = rollouts.map((each) => `${each.namespace ?? namespace}/${each.name}`).join(', ');
  if (rollouts.length === 0) {
    const [other] = foreign;
    return fail(
      other === undefined
        ? 'no Rollout is given: name its file with -f'
        : `${other.where}: is a Rollout of ${other.group}, not of sluice.dev`,
    );
  }
  if (rollout === undefined) {
    const [only, ...others] = rollouts;
    return only !== undefined && others.length === 0
      ? ok(only)
      : fail(`several Rollouts are given: ${listed}; choose one with --rollout NAME`);
  }
  const matching = rollouts.filter((each) => each.name === rollout || `${each.namespace ?? namespace}/${each.name}` === rollout);
  const [only, ...others] = matching;
  if (only === undefined) return fail(`no Rollout is called ${rollout}; given: ${listed}`);
  return others.length === 0 ? ok(only) : fail(`several Rollouts are called ${rollout}: ${listed}; write NAMESPACE/NAME`);
}

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
  readonly spec: RolloutSpec;
  readonly findTemplate: FindTemplate;
  readonly first: Analyses;
  readonly provider: ProviderName;
}

/** What is left once everything is out that the simulated mesh cannot answer. */
function askable({ spec, findTemplate, first, provider }: Question) {
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
  const { analyses } = readAnalyses(spec, findTemplate, (metric) => (missed.has(metric.name) ? leftOut(metric) : metric));
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
    isOpenPause(step) ? { pause: { duration: formatDuration(settings.resumeAfterMs) } } : step,
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

const isOpenPause = (step: unknown): boolean => at(step, 'pause') !== undefined && at(step, 'pause', 'duration') === undefined;

const withResumed = (spec: RolloutSpec, resumeAfterMs: number): RolloutSpec => {
  const { canary } = spec.strategy;
  const steps = canary.steps?.map((step) =>
    step.kind === 'pause' && step.config.duration === undefined ? { ...step, config: { duration: resumeAfterMs } } : step,
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

function versionsText({ stable, release, perSecond }: Settings): readonly string[] {
  const who = release === 'stable' ? 'stable, and the release' : 'stable, and a good release';
  return [
    `${perSecond} requests a second from clients inside the mesh`,
    `${who}: ${shareText(stable.errorRate)} of errors, ${Math.round(stable.p99Ms)} ms (p99)`,
  ];
}

const templatesText = ({ used }: Analyses, library: readonly Document[]): readonly string[] => {
  const own = used.filter(({ document }) => library.includes(document)).map(({ document }) => document.name);
  return own.length === 0 ? [] : [`ready-made templates, since none of that name is given: ${[...new Set(own)].join(', ')}`];
};

function rolloutText(object: Written, spec: RolloutSpec, { resumeAfterMs }: Settings): readonly string[] {
  const hasOpenPause = listAt(object, 'spec', 'strategy', 'canary', 'steps').some(isOpenPause);
  return [
    ...(hasOpenPause ? [`somebody resumes each open pause after ${formatDuration(resumeAfterMs)} (--resume-after)`] : []),
    ...(spec.windows.length > 0 ? ['its change windows are left out: the release meets none that is closed'] : []),
    ...(spec.paused ? ['spec.paused is left out'] : []),
  ];
}

function meshText({ traffic: { smi } }: RolloutSpec, { mesh }: Settings, { provider, dialects }: SimulatedMesh): readonly string[] {
  const words = provider === 'generic' ? `, whose proxies count like ${dialects.join(' and ')}` : '';
  const said = smi?.provider ?? 'auto';
  if (mesh !== undefined && said !== 'auto' && mesh !== said) return [`the mesh is ${mesh}${words}, and not ${said} as in the Rollout`];
  return said === 'auto' || words !== ''
    ? [`the mesh is ${provider}${words}${mesh === undefined && said === 'auto' ? ' (--mesh)' : ''}`]
    : [];
}

/** Kinds that the simulation takes up. */
const taken: ReadonlySet<string> = new Set(['Namespace', 'Rollout', 'AnalysisTemplate', 'ClusterAnalysisTemplate']);

function unusedText(
  documents: readonly Document[],
  used: readonly Document[],
  isIn: (document: Document) => boolean,
  spec: RolloutSpec,
  app: App,
): readonly string[] {
  const isUsed = (document: Document) =>
    used.includes(document) ||
    taken.has(document.kind) ||
    (isIn(document) &&
      ((document.kind === 'Deployment' && document.name === spec.workloadRef?.name) ||
        (document.kind === 'Service' && document.name === spec.service.name) ||
        app.objects.some((object) => object.kind === document.kind && at(object, 'metadata', 'name') === document.name)));
  const unused = documents.filter((document) => !isUsed(document));
  return unused.length === 0 ? [] : [`not used: ${unused.map(({ kind, name }) => `${kind} ${name}`).join(', ')}`];
}
