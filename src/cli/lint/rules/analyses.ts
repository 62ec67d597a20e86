import { decodeRollout } from '../../../api/index.ts';
import type { RolloutSpec } from '../../../core/rollout.ts';
import type { KubeObject } from '../../../kube/index.ts';
import { nearestTo } from '../../../lib/index.ts';
import { type Analyses, type AnalysisProblem, readAnalyses } from '../../simulate/analyses.ts';
import { metricUses } from '../../simulate/metric-uses.ts';
import { goodQuality } from '../../simulate/quality.ts';
import type { Settings } from '../../simulate/settings.ts';
import { stretchesOf } from '../../simulate/timeline.ts';
import { writtenWarningsOf } from '../../simulate/warnings.ts';
import { type Finding, findingIn } from '../findings.ts';
import type { FileObject } from '../objects.ts';
import { type Files, isOurs, isTogether, type Rule } from './rule.ts';

/** Each Rollout with the templates that it names: those of the files, else those that come with the program. */
export const analyses: Rule = (files) =>
  files.objects.filter(isOurs('Rollout')).flatMap((rollout) => {
    const decoded = decodeRollout(rollout.object as unknown as KubeObject);
    return decoded.ok ? ofRollout(rollout, decoded.value.spec, files) : [];
  });

function ofRollout(rollout: FileObject, spec: RolloutSpec, files: Files): readonly Finding[] {
  const templates = (kind: string) =>
    files.objects.filter((object) => isOurs(kind)(object) && (kind.startsWith('Cluster') || isTogether(rollout, object)));
  const kindOf = (clusterScope: boolean) => (clusterScope ? 'ClusterAnalysisTemplate' : 'AnalysisTemplate');
  const read = readAnalyses(
    { spec, document: rollout },
    ({ name, clusterScope }) =>
      templates(kindOf(clusterScope)).find((found) => found.name === name) ??
      files.library.find((found) => isOurs(kindOf(clusterScope))(found) && found.name === name),
    (metric) => metric,
  );
  // What is wrong with a template is said of the template.
  const own = read.problems.filter(({ document }) => document === rollout).map((problem) => ofProblem(rollout, problem, templates));
  if (read.problems.length > 0) return own;
  return [...warnings(rollout, spec, read), ...comparedAlone(rollout, read)];
}

function ofProblem(
  rollout: FileObject,
  { path, message, reason }: AnalysisProblem,
  templates: (kind: string) => readonly FileObject[],
): Finding {
  if (reason !== 'AnalysisTemplateNotFound') return findingIn(rollout, path, reason, message, 'error');
  const [, kind = '', name = ''] = /no (\w+) "([^"]*)" is given/.exec(message) ?? [];
  const [nearest] = nearestTo(
    name,
    templates(kind).map((each) => each.name),
  );
  const hint = nearest === undefined ? '; it has to be in the cluster' : `; did you mean ${nearest}?`;
  return findingIn(rollout, path, reason, `no ${kind} "${name}" is among the files${hint}`);
}

/** Those that the simulation says before a request is sent, as far as no traffic has to be assumed. */
function warnings(rollout: FileObject, spec: RolloutSpec, { analyses: found }: Analyses): readonly Finding[] {
  const plan = { spec, analyses: found, uses: metricUses(found), stretches: stretchesOf(spec), settings: noTraffic, release: undefined };
  return writtenWarningsOf(plan).map(({ reason, message }) => findingIn(rollout, pathFor(reason, spec), reason, message));
}

const noTraffic: Settings = {
  ...{ rollout: undefined, namespace: 'default', mesh: undefined, release: 'stable', stable: goodQuality },
  ...{ perSecond: 0, seeds: undefined, firstSeed: 1, resumeAfterMs: 0 },
};

const canary = 'spec.strategy.canary';
const pathFor = (reason: string, { strategy }: RolloutSpec): string =>
  reason === 'FirstWeightHigh' ? `${canary}.steps` : strategy.canary.analysis === undefined ? canary : `${canary}.analysis`;

function comparedAlone(rollout: FileObject, { analyses: found }: Analyses): readonly Finding[] {
  const judging = found.flatMap(({ metrics, path }) => metrics.filter(({ dryRun }) => !dryRun).map((metric) => ({ metric, path })));
  const [first] = judging.filter(({ metric }) => metric.compare !== undefined);
  if (first === undefined || judging.some(({ metric }) => metric.compare === undefined)) return [];
  return [
    findingIn(rollout, first.path, 'CompareAlone', `metric "${first.metric.name}" compares with stable, and no metric has a threshold`),
  ];
}
