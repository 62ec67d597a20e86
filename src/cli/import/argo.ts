import { isObject } from '../../lib/index.ts';
import { type Converted, durationOf, type Members, metadataIgnored, ours, seconds, whole } from './converted.ts';
import { Fields } from './fields.ts';

type Path = readonly (string | number)[];

const canary = ['spec', 'strategy', 'canary'] as const;

const rolloutReasons: Readonly<Record<string, string>> = {
  'spec.strategy.blueGreen': 'a switch at once is a canary with one step here: steps: [{setWeight: 100}], and afterPromotion watches it',
  'spec.strategy.canary.canaryService': 'each revision has a Service of its own',
  'spec.strategy.canary.trafficRouting': 'traffic is moved by a TrafficSplit of the SMI',
  'spec.strategy.canary.maxSurge': 'a revision has a Deployment of its own, which is scaled by its share of the traffic',
  'spec.strategy.canary.maxUnavailable': 'a revision has a Deployment of its own, which is scaled by its share of the traffic',
  'spec.strategy.canary.dynamicStableScale': 'stable keeps the capacity that its traffic needs until a cut is confirmed',
  'spec.strategy.canary.pingPong': 'each revision has a Service of its own: no selector changes under traffic',
  'spec.strategy.canary.canaryMetadata': 'labels of pods are part of the revision, and the same for its whole life',
  'spec.strategy.canary.stableMetadata': 'labels of pods are part of the revision, and the same for its whole life',
  'spec.strategy.canary.steps.experiment': 'there are no experiments; an analysis step with compare judges the canary against stable',
  'spec.strategy.canary.steps.setHeaderRoute': 'a TrafficSplit has no routes by header',
  'spec.strategy.canary.steps.setMirrorRoute': 'a TrafficSplit mirrors nothing',
  'spec.strategy.canary.steps.plugin': 'there are no plugins of steps; a gate waits for another system',
  'spec.workloadRef.scaleDown': 'the workload is scaled to 0 once its first revision serves',
  'spec.rollbackWindow': 'undo is instant as long as the old revision is warm: scaleDownDelay',
  'spec.restartAt': 'restart is a command: sluice restart',
  'spec.minReadySeconds': 'weights rise by what metrics show, not by how long pods have been ready',
  'spec.analysis': 'runs are kept as long as their revision: revisionHistoryLimit',
};

/** A Rollout of Argo Rollouts; or why it cannot be one of ours. */
export function argoRollout(source: Members): Converted | string {
  const fields = new Fields(source);
  if (fields.peek('spec', 'strategy', 'canary') === undefined)
    return 'has no canary strategy: a blue-green switch is a canary with one step here (steps: [{setWeight: 100}]); write it by hand';
  const name = fields.text('metadata', 'name') ?? '';
  fields.take('spec', 'selector');
  const split = fields.text(...canary, 'trafficRouting', 'smi', 'trafficSplitName');
  const root = fields.text(...canary, 'trafficRouting', 'smi', 'rootService');
  const stable = fields.text(...canary, 'stableService');
  if (root === undefined && stable === undefined)
    fields.note(['spec', 'strategy', 'canary'], `names no Service: service.name is taken to be ${name}; correct it`);
  const { steps, indexOf } = stepsOf(fields);
  const startingStep = fields.number(...canary, 'analysis', 'startingStep');
  const background = analysisOf(fields, [...canary, 'analysis']);
  const workload = fields.text('spec', 'workloadRef', 'name');
  const kind = fields.text('spec', 'workloadRef', 'kind');
  fields.take('spec', 'workloadRef', 'apiVersion');
  if (workload !== undefined && kind !== undefined && kind !== 'Deployment')
    return `its workloadRef is a ${kind}; only a Deployment can be one here`;
  const template = fields.take('spec', 'template');
  const abortDelay = fields.number(...canary, 'abortScaleDownDelaySeconds');
  if (abortDelay === 0)
    fields.note([...canary, 'abortScaleDownDelaySeconds'], 'keeps the pods of an aborted canary for ever there; here they go after 30s');
  if (background !== undefined)
    fields.note(
      [...canary, 'analysis'],
      'evidence: Running is what it means there; without it each step needs a Pass of its own, which is safer',
    );
  const spec = whole({
    ...(workload === undefined ? { template } : { workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: workload } }),
    replicas: fields.number('spec', 'replicas'),
    service: { name: root ?? stable ?? name },
    traffic: { smi: whole({ splitName: split }) },
    strategy: {
      canary: whole({
        steps: steps.length === 0 ? [{ setWeight: 100 }] : steps,
        analysis:
          background === undefined
            ? undefined
            : whole({ ...background, startingStep: startingStep === undefined ? undefined : indexOf(startingStep), evidence: 'Running' }),
        scaleDownDelay: seconds(fields.number(...canary, 'scaleDownDelaySeconds')) ?? '30s',
        abortScaleDownDelay: abortDelay === 0 ? undefined : seconds(abortDelay),
        minPodsPerRevision: fields.number(...canary, 'minPodsPerReplicaSet'),
      }),
    },
    progressDeadline: seconds(fields.number('spec', 'progressDeadlineSeconds')),
    progressDeadlineAction: fields.take('spec', 'progressDeadlineAbort') === true ? 'Abort' : 'Report',
    paused: fields.take('spec', 'paused') === true ? true : undefined,
    revisionHistoryLimit: fields.number('spec', 'revisionHistoryLimit'),
  });
  const namespace = fields.text('metadata', 'namespace');
  return { objects: [ours('Rollout', { name, namespace }, spec)], remarks: fields.left(rolloutReasons, metadataIgnored) };
}

/** The steps that there are here, too; an index of theirs is ours of the first that follows it. */
function stepsOf(fields: Fields): { readonly steps: readonly Members[]; readonly indexOf: (index: number) => number } {
  const read = fields.list(...canary, 'steps').map((path) => stepOf(fields, path));
  const steps = read.filter((step) => step !== undefined);
  const indexOf = (index: number) =>
    Math.min(Math.max(0, steps.length - 1), read.slice(0, index).filter((step) => step !== undefined).length);
  return { steps, indexOf };
}

function stepOf(fields: Fields, path: Path): Members | undefined {
  const [kind] = Object.keys((fields.peek(...path) ?? {}) as object);
  switch (kind) {
    case 'setWeight':
      return { setWeight: fields.number(...path, 'setWeight') };
    case 'pause': {
      const duration = durationOf(fields.take(...path, 'pause', 'duration'));
      fields.take(...path, 'pause');
      return { pause: duration === undefined ? {} : { duration } };
    }
    case 'setCanaryScale':
      return { setCanaryScale: fields.take(...path, 'setCanaryScale') };
    case 'analysis': {
      const analysis = analysisOf(fields, [...path, 'analysis']);
      return analysis === undefined ? undefined : { analysis };
    }
    default:
      return undefined;
  }
}

function analysisOf(fields: Fields, path: Path): Members | undefined {
  const templates = fields
    .list(...path, 'templates')
    .map((each) =>
      whole({ name: fields.text(...each, 'templateName'), clusterScope: fields.take(...each, 'clusterScope') === true ? true : undefined }),
    );
  if (templates.length === 0) return undefined;
  const args = fields.list(...path, 'args').flatMap((each): readonly Members[] => {
    const [name, value] = [fields.text(...each, 'name'), fields.text(...each, 'value')];
    if (value !== undefined) return [{ name, value }];
    fields.take(...each, 'valueFrom');
    fields.note(
      [...each, 'valueFrom'],
      'is always there under another name: {{args.revision}}, {{args.canaryWorkload}}, {{args.stableWorkload}}, {{args.canaryService}}, {{args.stableService}}',
    );
    return [];
  });
  return whole({ templates, args });
}

const templateReasons: Readonly<Record<string, string>> = {
  'spec.metrics.provider': 'is no source of metrics here: prometheus, web and the mesh’s own (trafficMetrics) are',
  'spec.metrics.provider.prometheus.insecure': 'certificates are always checked: tls.ca, tls.caSecretRef',
  'spec.metrics.provider.web.insecure': 'certificates are always checked',
  'spec.metrics.provider.prometheus.authentication': 'write it as a header, from a Secret by an argument',
  'spec.metrics.provider.web.authentication': 'write it as a header, from a Secret by an argument',
  'spec.metrics.provider.prometheus.rangeQuery': 'a query has one answer: an instant query with a range in it',
  'spec.measurementRetention': 'the last 10 measurements of each metric are kept',
  'spec.templates': 'name each template in the Rollout',
};

export function argoTemplate(source: Members): Converted | string {
  const fields = new Fields(source);
  const kind = fields.text('kind') ?? 'AnalysisTemplate';
  const dry = fields.list('spec', 'dryRun').flatMap((path) => fields.text(...path, 'metricName') ?? []);
  const metrics = fields.list('spec', 'metrics').flatMap((path) => metricOf(fields, path, dry) ?? []);
  if (metrics.length === 0) return 'no metric of it can be measured here';
  const args = fields
    .list('spec', 'args')
    .map((path) => whole({ name: fields.text(...path, 'name'), value: fields.text(...path, 'value'), valueFrom: secretOf(fields, path) }));
  const metadata = { name: fields.text('metadata', 'name'), namespace: fields.text('metadata', 'namespace') };
  return { objects: [ours(kind, metadata, whole({ args, metrics }))], remarks: fields.left(templateReasons, metadataIgnored) };
}

const secretOf = (fields: Fields, path: Path): Members | undefined =>
  fields.peek(...path, 'valueFrom', 'secretKeyRef') === undefined
    ? undefined
    : { secretKeyRef: fields.take(...path, 'valueFrom', 'secretKeyRef') };

const isDry = (name: string, patterns: readonly string[]): boolean => patterns.some((pattern) => new RegExp(`^(?:${pattern})$`).test(name));

function metricOf(fields: Fields, path: Path, dry: readonly string[]): Members | undefined {
  const provider = providerOf(fields, [...path, 'provider']);
  if (provider === undefined) return undefined;
  const name = fields.text(...path, 'name') ?? '';
  const limit = (key: string) => {
    const value = fields.number(...path, key);
    if (value === undefined && fields.peek(...path, key) !== undefined)
      fields.note([...path, key], 'must be a number here, not an argument');
    if (value !== undefined && value < 0) fields.note([...path, key], 'cannot be switched off here: write a number');
    return value === undefined || value < 0 ? undefined : value;
  };
  const consecutive = limit('consecutiveSuccessLimit');
  const condition = (key: string) => conditionOf(fields, [...path, key]);
  return whole({
    ...{
      name,
      interval: durationOf(fields.take(...path, 'interval')),
      initialDelay: durationOf(fields.take(...path, 'initialDelay')),
      count: limit('count'),
    },
    ...{ successCondition: condition('successCondition'), failureCondition: condition('failureCondition') },
    ...{
      failureLimit: limit('failureLimit'),
      inconclusiveLimit: limit('inconclusiveLimit'),
      consecutiveErrorLimit: limit('consecutiveErrorLimit'),
    },
    consecutiveSuccessLimit: consecutive === 0 ? undefined : consecutive,
    dryRun: isDry(name, dry) ? true : undefined,
    provider,
  });
}

/** expr-lang to CEL. A query has one number here, not a list of them, and what is not a number never passes. */
function conditionOf(fields: Fields, path: Path): string | undefined {
  const text = fields.text(...path);
  if (text === undefined) return undefined;
  const condition = text
    .replaceAll('result[0]', 'result')
    .replace(/asFloat\(([^()]+)\)/g, 'double($1)')
    .replace(/asInt\(([^()]+)\)/g, 'int($1)')
    .replace(/^\s*(?:len\(result\) == 0|isNaN\(result\)|isInf\(result\)) \|\| /, '')
    .trim();
  if (!/\b(?:len|isNaN|isInf|isNil|default|all|any|filter)\s*\(/.test(condition)) return condition;
  fields.note(path, 'is an expression of expr-lang that CEL does not have: look at it');
  return condition;
}

function providerOf(fields: Fields, path: Path): Members | undefined {
  const headers = (of: string) =>
    fields.list(...path, of, 'headers').map((each) => ({ key: fields.text(...each, 'key'), value: fields.text(...each, 'value') }));
  if (isObject(fields.peek(...path, 'prometheus'))) {
    const at = (key: string) => fields.text(...path, 'prometheus', key);
    const timeout = seconds(fields.number(...path, 'prometheus', 'timeout'));
    return { prometheus: whole({ address: at('address'), query: at('query')?.trim(), timeout, headers: headers('prometheus') }) };
  }
  if (!isObject(fields.peek(...path, 'web'))) return undefined;
  const at = (key: string) => fields.text(...path, 'web', key);
  const json = fields.take(...path, 'web', 'jsonBody');
  const body = at('body') ?? (json === undefined ? undefined : JSON.stringify(json));
  const timeout = seconds(fields.number(...path, 'web', 'timeoutSeconds'));
  return { web: whole({ url: at('url'), method: at('method'), headers: headers('web'), body, jsonPath: at('jsonPath') ?? '$', timeout }) };
}
