import { analysisTemplates, clusterAnalysisTemplates, decodeRollout, rollouts, summaryOf, yaml } from '../../api/index.ts';
import type { Rollout } from '../../core/rollout.ts';
import { stepsOf } from '../../core/rollout.ts';
import { weightAt } from '../../core/steps/index.ts';
import type { KubeObject } from '../../kube/index.ts';
import { fail, type JsonObject, ok, type Result } from '../../lib/index.ts';
import { type Cluster, type ClusterFlags, connect, plainName, readRollout } from '../cluster/index.ts';
import { type Outside, say } from '../outside.ts';
import { readyTemplates } from '../ready-templates.ts';
import { errorText, type FindTemplate, readAnalyses } from '../simulate/analyses.ts';
import { chooseRollout } from '../simulate/choose.ts';
import { type Document, readDocuments } from '../simulate/documents.ts';
import { metricUses } from '../simulate/metric-uses.ts';
import { readSources } from '../sources.ts';
import { styleOf } from '../style.ts';
import { renderPlan, type Shown } from './render.ts';
import { type Situation, scheduleOf } from './schedule.ts';

export interface PlanFlags extends ClusterFlags {
  readonly file?: readonly string[];
  readonly rollout?: string;
  readonly output?: string;
}

/** What will happen next, when at the earliest, and what it waits for. 0: told; 1: it cannot be; 2: nothing was asked. */
export async function plan(name: string | undefined, flags: PlanFlags, outside: Outside, program: string): Promise<number> {
  const { file: files = [] } = flags;
  const refuse = (problems: readonly string[], code = 1) => {
    say(outside.stderr, problems);
    return code;
  };
  if ((name === undefined) === (files.length === 0)) return refuse(['say the NAME of a Rollout of the cluster, or a file with -f'], 2);
  const shown = name === undefined ? await ofFiles(files, flags, outside, program) : await ofCluster(plainName(name), flags, outside);
  if (!shown.ok) return refuse(shown.failure);
  const { stdout, env } = outside;
  if (flags.output === undefined)
    stdout.write(
      renderPlan(shown.value, styleOf(stdout, env))
        .map((line) => `${line}\n`)
        .join(''),
    );
  else {
    const { heading, steps, notes } = shown.value;
    const data = JSON.parse(JSON.stringify({ heading, steps: steps.map(dated), notes })) as object;
    stdout.write(flags.output === 'json' ? `${JSON.stringify(data, undefined, 2)}\n` : yaml(data));
  }
  return 0;
}

const dated = ({ atMs, sinceMs, ...step }: Shown['steps'][number]) => ({
  ...step,
  ...(atMs === undefined ? {} : { earliest: new Date(atMs).toISOString() }),
  sinceSeconds: sinceMs / 1_000,
});

async function ofFiles(
  files: readonly string[],
  flags: PlanFlags,
  { stdin, clock }: Outside,
  program: string,
): Promise<Result<Shown, readonly string[]>> {
  const sources = await readSources(files, stdin);
  if (!sources.ok) return sources;
  const documents = readDocuments(sources.value);
  if (!documents.ok) return documents;
  const namespace = flags.namespace ?? 'default';
  const chosen = chooseRollout(documents.value, { rollout: flags.rollout, namespace });
  if (!chosen.ok) return fail([chosen.failure]);
  const library = readDocuments(readyTemplates(program));
  const all = [...documents.value, ...(library.ok ? library.value : [])];
  const decoded = decodeRollout(chosen.value.object as unknown as KubeObject);
  if (!decoded.ok) return fail(decoded.failure.map((error) => errorText(chosen.value, error)));
  const find: FindTemplate = ({ name, clusterScope }) =>
    all.find((each) => each.group === rollouts.group && each.kind === kindOf(clusterScope) && each.name === name);
  const { name } = decoded.value;
  return ok(
    shownOf(decoded.value, {
      document: chosen.value,
      find,
      heading: [`a new template of Rollout ${name} would be released like this, at the earliest:`],
      isLive: false,
      nowMs: clock.nowMs(),
    }),
  );
}

const kindOf = (clusterScope: boolean): string => (clusterScope ? clusterAnalysisTemplates : analysisTemplates).kind;

async function ofCluster(name: string, flags: ClusterFlags, outside: Outside): Promise<Result<Shown, readonly string[]>> {
  const connected = await connect(flags, outside);
  if (!connected.ok) return fail([connected.failure]);
  const cluster = connected.value;
  try {
    const found = await readRollout(cluster, name);
    if (!found.ok) return fail([found.failure]);
    const decoded = decodeRollout(found.value);
    if (!decoded.ok) return fail([`Rollout ${name} is not valid: ${summaryOf(decoded.failure)}`]);
    const document = documentOf(found.value, rollouts.kind);
    const templates = await templatesOf(cluster);
    const find: FindTemplate = (ref) => templates.find((each) => each.kind === kindOf(ref.clusterScope) && each.name === ref.name);
    return ok(shownOf(decoded.value, { document, find, heading: headingOf(decoded.value), isLive: true, nowMs: outside.clock.nowMs() }));
  } finally {
    await cluster.close();
  }
}

/** Those that may be read; the others are named in the notes. */
async function templatesOf(cluster: Cluster): Promise<readonly Document[]> {
  const [own, shared] = await Promise.all([
    cluster.list(analysisTemplates, cluster.namespace),
    cluster.list(clusterAnalysisTemplates, undefined),
  ]);
  return [
    ...(own.ok ? own.value.map((object) => documentOf(object, analysisTemplates.kind)) : []),
    ...(shared.ok ? shared.value.map((object) => documentOf(object, clusterAnalysisTemplates.kind)) : []),
  ];
}

const documentOf = (object: KubeObject, kind: string): Document => {
  const { name, namespace } = object.metadata;
  return { where: 'the cluster', kind, group: rollouts.group, name, namespace, object: object as unknown as JsonObject };
};

const isUnderWay = ({ status: { phase, canaryRevision, step } }: Rollout): boolean =>
  canaryRevision !== undefined && step !== undefined && (phase === 'Progressing' || phase === 'Paused');

function headingOf(rollout: Rollout): readonly string[] {
  const { namespace, name, status } = rollout;
  const now = `${namespace}/${name}  ${status.phase ?? 'not seen by a controller'}: ${status.message ?? ''}`;
  if (isUnderWay(rollout)) return [now];
  if (status.phase === 'RolledBack') return [now, 'a retry, or a new template, would be released like this, at the earliest:'];
  return [now, 'a new template would be released like this, at the earliest:'];
}

interface Given {
  readonly document: Document;
  readonly find: FindTemplate;
  readonly heading: readonly string[];
  readonly isLive: boolean;
  readonly nowMs: number;
}

function shownOf(rollout: Rollout, { document, find, heading, isLive, nowMs }: Given): Shown {
  const { spec, status } = rollout;
  const { analyses, problems } = readAnalyses({ spec, document }, find, (metric) => metric);
  const uses = metricUses(analyses);
  const underWay = isLive && isUnderWay(rollout);
  const index = underWay ? (status.step?.index ?? 0) : 0;
  const at = (text: string | undefined) => (text === undefined || Number.isNaN(Date.parse(text)) ? undefined : Date.parse(text));
  const situation: Situation = {
    ...{ spec, uses, nowMs, index, weight: underWay ? weightNow(rollout, index) : 0 },
    ...(underWay ? { untilMs: at(status.step?.until), confirmedAtMs: at(status.weight?.confirmedAt) } : {}),
  };
  const notes = problems.map((problem) => `${problem.message.replace('; add its file with -f', '')}: its time is not counted`);
  const always =
    'Times are the earliest: pods have to come up, the mesh to follow and metrics to pass. A metric that fails rolls back at once, whatever the step.';
  return { heading, steps: scheduleOf(situation), notes: [...new Set(notes), always], isLive: underWay, nowMs };
}

/** What the canary has; of a step that is to raise it, what it had before. */
function weightNow({ spec, status }: Rollout, index: number): number {
  return Math.min(status.weight?.desired ?? 0, weightAt(stepsOf(spec.strategy.canary), index));
}
