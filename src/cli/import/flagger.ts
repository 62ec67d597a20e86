import { isObject } from '../../lib/index.ts';
import { type Converted, durationOf, type Members, metadataIgnored, ours, seconds, whole } from './converted.ts';
import { Fields } from './fields.ts';

type Path = readonly (string | number)[];

const reasons: Readonly<Record<string, string>> = {
  'spec.analysis.iterations': 'a switch at once is a canary with one step here: steps: [{setWeight: 100}], and afterPromotion watches it',
  'spec.analysis.match': 'a TrafficSplit has no routes by header',
  'spec.analysis.mirror': 'a TrafficSplit mirrors nothing',
  'spec.analysis.mirrorWeight': 'a TrafficSplit mirrors nothing',
  'spec.analysis.sessionAffinity': 'a TrafficSplit knows no sessions',
  'spec.analysis.stepWeightPromotion': 'nothing is copied at promotion: the canary becomes stable where it stands',
  'spec.analysis.primaryReadyThreshold': 'every pod that a weight needs has to be ready',
  'spec.analysis.canaryReadyThreshold': 'every pod that a weight needs has to be ready',
  'spec.analysis.alerts': 'notices are a setting of the controller',
  'spec.analysis.webhooks':
    'a manual confirmation is a gate step, a test by HTTP a metric of the provider web; load has to come from elsewhere',
  'spec.autoscalerRef': 'let the autoscaler target the Rollout: apiVersion sluice.dev/v1alpha1, kind Rollout',
  'spec.metricsServer': 'an address is said in the template, or once for all: --prometheus-address',
  'spec.ingressRef': 'traffic is moved by a TrafficSplit of the SMI',
  'spec.service': 'belongs to the Service or the mesh’s own objects: write it there',
};

const providers: Readonly<Record<string, string>> = { linkerd: 'linkerd', osm: 'osm', istio: 'istio' };

/** What templates of Flagger call the things of a release. In its queries the target is the new version. */
const variables: Readonly<Record<string, string>> = {
  ...{ name: 'rollout', namespace: 'namespace', target: 'canaryWorkload', primary: 'stableWorkload', canary: 'canaryWorkload' },
  ...{ service: 'service', interval: 'window' },
};

/** A Canary of Flagger with the MetricTemplates that it names; or why it cannot be one of ours. */
export function flaggerCanary(source: Members, metricTemplates: readonly Members[]): Converted | string {
  const fields = new Fields(source);
  const kind = fields.text('spec', 'targetRef', 'kind') ?? 'Deployment';
  if (kind !== 'Deployment') return `its target is a ${kind}; only a Deployment can be one here`;
  const root = fields.peek('spec', 'analysis') === undefined ? 'canaryAnalysis' : 'analysis';
  const analysis = ['spec', root] as const;
  const sugar = sugarOf(fields, analysis);
  if (sugar === undefined)
    return 'has neither stepWeight nor stepWeights: a switch at once is a canary with one step here (steps: [{setWeight: 100}]); write it by hand';
  fields.take('spec', 'targetRef', 'apiVersion');
  fields.take('spec', 'revertOnDeletion');
  const name = fields.text('metadata', 'name') ?? '';
  const workload = fields.text('spec', 'targetRef', 'name') ?? name;
  const namespace = fields.text('metadata', 'namespace');
  const threshold = Math.max(1, fields.number(...analysis, 'threshold') ?? 1);
  if (threshold > 1)
    fields.note(
      [...analysis, 'threshold'],
      `counts failures of all metrics together there, of each metric here (failureLimit: ${threshold - 1})`,
    );
  const isSkipped = fields.take('spec', 'skipAnalysis') === true;
  const interval = sugar.interval;
  const metrics = fields
    .list(...analysis, 'metrics')
    .flatMap((path) => metricOf({ fields, path, metricTemplates, failureLimit: threshold - 1, interval }) ?? []);
  const templateName = `${name}-analysis`;
  const isJudged = metrics.length > 0 && !isSkipped;
  const spec = whole({
    workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: workload },
    service: { name: fields.text('spec', 'service', 'name') ?? workload, ports: portsOf(fields) },
    traffic: { smi: smiOf(fields) },
    strategy: { canary: whole({ ...sugar, analysis: isJudged ? { templates: [{ name: templateName }] } : undefined }) },
    progressDeadline: seconds(fields.number('spec', 'progressDeadlineSeconds')),
    paused: fields.take('spec', 'suspend') === true ? true : undefined,
  });
  return {
    objects: [
      ours('Rollout', { name, namespace }, spec),
      ...(isJudged
        ? [
            ours(
              'AnalysisTemplate',
              { name: templateName, namespace },
              { metrics: metrics.map(({ metric }) => metric), ...argsOf(metrics) },
            ),
          ]
        : []),
    ],
    remarks: fields.left(reasons, metadataIgnored),
  };
}

function sugarOf(fields: Fields, path: Path): (Members & { readonly interval: string }) | undefined {
  const interval = durationOf(fields.take(...path, 'interval')) ?? '1m';
  const [stepWeight, maxWeight] = [fields.number(...path, 'stepWeight'), fields.number(...path, 'maxWeight')];
  const stepWeights = fields.take(...path, 'stepWeights');
  if (stepWeight !== undefined && stepWeight > 0) return { ...whole({ stepWeight, maxWeight }), interval };
  return Array.isArray(stepWeights) ? { stepWeights: stepWeights as readonly unknown[], interval } : undefined;
}

function portsOf(fields: Fields): readonly Members[] {
  const at = ['spec', 'service'] as const;
  const port = fields.number(...at, 'port');
  const target = fields.take(...at, 'targetPort');
  const name = fields.text(...at, 'portName') ?? 'http';
  if (port === undefined) return [];
  fields.note([...at, 'port'], 'the Service is made and owned by the Rollout; leave ports out where it exists already');
  return [whole({ name, port, targetPort: target ?? port, appProtocol: fields.text(...at, 'appProtocol') })];
}

function smiOf(fields: Fields): Members {
  const provider = fields.text('spec', 'provider');
  if (provider === undefined) return {};
  const version = /^smi:(v1alpha[1-4])$/.exec(provider)?.[1];
  if (version !== undefined) return { version };
  const known = providers[provider];
  if (known === undefined) fields.note(['spec', 'provider'], `${provider} does not follow a TrafficSplit`);
  return known === undefined ? {} : { provider: known };
}

interface MetricSource {
  readonly fields: Fields;
  readonly path: Path;
  readonly metricTemplates: readonly Members[];
  readonly failureLimit: number;
  readonly interval: string;
}

interface Measured {
  readonly metric: Members;
  readonly args: readonly { readonly name: string; readonly value: string }[];
}

const argsOf = (metrics: readonly Measured[]): Members => {
  const args = new Map(metrics.flatMap(({ args: own }) => own.map((arg) => [arg.name, arg] as const)));
  return args.size === 0 ? {} : { args: [...args.values()] };
};

function metricOf({ fields, path, metricTemplates, failureLimit, interval }: MetricSource): Measured | undefined {
  const name = fields.text(...path, 'name') ?? '';
  const range = rangeOf(fields, path);
  const window = durationOf(fields.take(...path, 'interval')) ?? '1m';
  const common = { name, interval, failureLimit };
  if (name === 'request-success-rate')
    return { metric: { ...common, thresholdRange: scaled(range, 0.01), provider: { prometheus: { builtin: 'successRate' } } }, args: [] };
  if (name === 'request-duration')
    return { metric: { ...common, thresholdRange: range, provider: { prometheus: { builtin: 'p99' } } }, args: [] };
  const inline = fields.text(...path, 'query');
  const ref = fields.text(...path, 'templateRef', 'name');
  fields.take(...path, 'templateRef', 'namespace');
  const given = fields.take(...path, 'templateVariables');
  const template = metricTemplates.find((each) => isObject(each.metadata) && each.metadata.name === ref);
  const templateSpec = isObject(template?.spec) ? template.spec : {};
  const provider = isObject(templateSpec.provider) ? templateSpec.provider : {};
  const query = inline ?? (typeof templateSpec.query === 'string' ? templateSpec.query : undefined);
  if (query === undefined) {
    fields.note(
      path,
      ref === undefined
        ? 'is a built-in metric that there is none of here'
        : `MetricTemplate ${ref} is not among the files: the metric is left out`,
    );
    return undefined;
  }
  if (provider.type !== undefined && provider.type !== 'prometheus') {
    fields.note(path, `its provider is ${String(provider.type)}, which is no source of metrics here: the metric is left out`);
    return undefined;
  }
  const translated = query.replace(/\{\{\s*([\w.]+)\s*\}\}/g, (text, variable: string) => {
    const own = variable.startsWith('variables.') ? variable.slice('variables.'.length) : variables[variable];
    if (own === undefined) fields.note(path, `${text} has no counterpart in a query here`);
    return own === undefined ? text : `{{args.${own}}}`;
  });
  const address = typeof provider.address === 'string' ? provider.address : undefined;
  if (provider.secretRef !== undefined) fields.note(path, 'the secretRef of its provider is a header here, from a Secret by an argument');
  const args = [
    ...(translated.includes('{{args.window}}') ? [{ name: 'window', value: window }] : []),
    ...Object.entries(isObject(given) ? given : {}).map(([key, value]) => ({ name: key, value: String(value) })),
  ];
  return { metric: { ...common, thresholdRange: range, provider: { prometheus: whole({ address, query: translated.trim() }) } }, args };
}

function rangeOf(fields: Fields, path: Path): { readonly min?: number; readonly max?: number } {
  const [min, max, old] = [
    fields.number(...path, 'thresholdRange', 'min'),
    fields.number(...path, 'thresholdRange', 'max'),
    fields.number(...path, 'threshold'),
  ];
  if (min === undefined && max === undefined && old !== undefined)
    return fields.peek(...path, 'name') === 'request-success-rate' ? { min: old } : { max: old };
  return whole({ min, max });
}

/** Percent there, a share here. */
const scaled = ({ min, max }: { readonly min?: number; readonly max?: number }, by: number): Members =>
  whole({
    min: min === undefined ? undefined : Number((min * by).toFixed(6)),
    max: max === undefined ? undefined : Number((max * by).toFixed(6)),
  });
