import { at, listAt, numberAt, textAt } from '../../api/raw.ts';
import { configUses } from '../../core/revision.ts';
import type { RolloutSpec } from '../../core/rollout.ts';
import { isObject } from '../../lib/index.ts';
import type { Document } from './documents.ts';

/** Objects as they are applied: JSON, changed by copying. */
export type Written = Readonly<Record<string, unknown>>;

/** What runs in the simulation: the user's own objects where they are given, and the rest made up. */
export interface App {
  readonly objects: readonly Written[];
  /** Absent: the Rollout holds the template itself. */
  readonly workload: string | undefined;
  /** Of the Rollout, where it is one with `template`. */
  readonly template: Written | undefined;
  readonly replicas: number;
  readonly service: string;
  readonly port: number;
  /** Kinds of what the Rollout names and nobody gave. */
  readonly madeUp: readonly string[];
  /** What was made up, in words. */
  readonly assumptions: readonly string[];
}

export interface AppQuestion {
  readonly namespace: string;
  readonly spec: RolloutSpec;
  /** The Rollout's template, as it was written. */
  readonly template: Written | undefined;
  readonly find: (kind: string, name: string) => Document | undefined;
}

/** How pods say which version they are: the sandbox alone reads it. */
export const versionAnnotation = 'bed.sluice.dev/version';
const bedPrefix = 'bed.sluice.dev/';

const madeUpReplicas = 4;
const madeUpPort = 8_080;
/** More pods than these change nothing that is measured here, and cost time. */
const mostPods = 10;

export function appOf(question: AppQuestion): App {
  const { namespace, spec, find } = question;
  const assumptions: string[] = [];
  const service = find('Service', spec.service.name);
  const deployment = spec.workloadRef === undefined ? undefined : find('Deployment', spec.workloadRef.name);
  const target = targetPort(service?.object, spec);
  const labels = labelsOf(service?.object, spec);
  const isMadeUp = {
    Deployment: spec.workloadRef !== undefined && deployment === undefined,
    Service: service === undefined && spec.service.ports === undefined,
  };
  if (spec.workloadRef !== undefined && deployment === undefined)
    assumptions.push(`Deployment ${spec.workloadRef.name} is not given: made up, with one container and no configuration`);
  const given = question.template ?? template(deployment?.object) ?? madeUpTemplate(labels, target);
  const plain = withPort(withoutBed(given), target);
  const wanted = spec.replicas ?? numberAt(deployment?.object, 'spec', 'replicas') ?? (deployment === undefined ? madeUpReplicas : 1);
  const replicas = Math.min(wanted, mostPods);
  if (replicas < wanted) assumptions.push(`${mostPods} pods stand for ${wanted}`);
  const hasOwnPorts = spec.service.ports !== undefined;
  if (service === undefined && !hasOwnPorts) assumptions.push(`Service ${spec.service.name} is not given: made up, port 80`);
  const configs = configObjects(question, plain, assumptions);
  const workload = spec.workloadRef?.name;
  return {
    objects: [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      ...configs,
      ...(workload === undefined
        ? []
        : [deploymentObject(deployment?.object, { namespace, name: workload, replicas, template: versioned(plain, 'stable') })]),
      ...(service !== undefined
        ? [placed(service.object, namespace)]
        : hasOwnPorts
          ? []
          : [madeUpService({ namespace, name: spec.service.name, selector: labelsIn(plain), target: firstPort(plain) })]),
    ],
    workload,
    template: question.template === undefined ? undefined : versioned(plain, 'stable'),
    ...{ replicas, service: spec.service.name, assumptions },
    madeUp: (['Deployment', 'Service'] as const).filter((kind) => isMadeUp[kind]),
    port: spec.service.ports?.[0]?.port ?? numberAt(service?.object, 'spec', 'ports', 0, 'port') ?? 80,
  };
}

const template = (deployment: unknown): Written | undefined => {
  const found = at(deployment, 'spec', 'template');
  return isObject(found) ? found : undefined;
};

const labelsIn = (podTemplate: Written): unknown => at(podTemplate, 'metadata', 'labels') ?? {};

/** What the Service selects, without the revision that it may be pinned to. */
function labelsOf(service: unknown, { service: { name } }: RolloutSpec): Written {
  const selector = at(service, 'spec', 'selector');
  return isObject(selector) && Object.keys(selector).length > 0 ? selector : { app: name };
}

/** Where the Service leads; undefined where nothing says so. */
function targetPort(service: unknown, { service: { ports } }: RolloutSpec): number | string | undefined {
  const own = ports?.[0];
  if (own !== undefined) return own.targetPort ?? own.port;
  return (
    numberAt(service, 'spec', 'ports', 0, 'targetPort') ??
    textAt(service, 'spec', 'ports', 0, 'targetPort') ??
    numberAt(service, 'spec', 'ports', 0, 'port')
  );
}

const madeUpTemplate = (labels: Written, target: number | string | undefined): Written => ({
  metadata: { labels },
  spec: {
    containers: [
      {
        ...{ name: 'app', image: 'app:1' },
        ports: [typeof target === 'string' ? { name: target, containerPort: madeUpPort } : { containerPort: target ?? madeUpPort }],
      },
    ],
  },
});

/** Pods listen on the ports that their containers name; on a real node they may listen on others, too. */
function withPort(podTemplate: Written, target: number | string | undefined): Written {
  const containers = listAt(podTemplate, 'spec', 'containers');
  const ports = containers.flatMap((container) => listAt(container, 'ports').map((port) => numberAt(port, 'containerPort')));
  if (typeof target === 'string' || (target === undefined ? ports.length > 0 : ports.includes(target))) return podTemplate;
  const [first, ...others] = containers;
  const port = { containerPort: target ?? madeUpPort };
  const opened = isObject(first) ? [{ ...first, ports: [...listAt(first, 'ports'), port] }, ...others] : containers;
  return { ...podTemplate, spec: { ...membersAt(podTemplate, 'spec'), containers: opened } };
}

const firstPort = (podTemplate: Written): number =>
  numberAt(podTemplate, 'spec', 'containers', 0, 'ports', 0, 'containerPort') ?? madeUpPort;

const membersAt = (value: unknown, ...path: readonly string[]): Written => {
  const found = at(value, ...path);
  return isObject(found) ? found : {};
};

/** How good versions are is said by the command line alone. */
function withoutBed(podTemplate: Written): Written {
  const annotations = Object.entries(membersAt(podTemplate, 'metadata', 'annotations')).filter(([key]) => !key.startsWith(bedPrefix));
  return { ...podTemplate, metadata: { ...membersAt(podTemplate, 'metadata'), annotations: Object.fromEntries(annotations) } };
}

export const versioned = (podTemplate: Written, version: string): Written => {
  const annotations = { ...membersAt(podTemplate, 'metadata', 'annotations'), [versionAnnotation]: version };
  return { ...podTemplate, metadata: { ...membersAt(podTemplate, 'metadata'), annotations } };
};

interface Made {
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
  readonly template: Written;
}

function deploymentObject(given: unknown, { namespace, name, replicas, template: podTemplate }: Made): Written {
  const base = isObject(given) ? placed(given, namespace) : { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace } };
  const selector = at(given, 'spec', 'selector') ?? { matchLabels: labelsIn(podTemplate) };
  return { ...base, spec: { ...membersAt(given, 'spec'), selector, replicas, template: podTemplate } };
}

const madeUpService = ({
  namespace,
  name,
  selector,
  target,
}: {
  namespace: string;
  name: string;
  selector: unknown;
  target: number;
}): Written => ({
  ...{ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace } },
  spec: { selector, ports: [{ name: 'http', port: 80, targetPort: target }] },
});

/** As a user applies it to the namespace: what a cluster has added to it before is left out. */
export function placed(object: Written, namespace: string | undefined): Written {
  const { status: _, ...rest } = object;
  const {
    uid: _uid,
    resourceVersion: _version,
    generation: _generation,
    creationTimestamp: _at,
    managedFields: _fields,
    ...metadata
  } = membersAt(object, 'metadata');
  return { ...rest, metadata: { ...metadata, ...(namespace === undefined ? {} : { namespace }) } };
}

/** ConfigMaps and Secrets that the pods cannot start without. */
function configObjects({ namespace, find }: AppQuestion, podTemplate: Written, assumptions: string[]): readonly Written[] {
  const uses = configUses(podTemplate as Parameters<typeof configUses>[0]);
  const made = uses.filter(({ kind, name, isOptional }) => !isOptional && find(kind, name) === undefined);
  if (made.length > 0) assumptions.push(`not given, and made up: ${made.map(({ kind, name }) => `${kind} ${name}`).join(', ')}`);
  return uses.flatMap(({ kind, name }) => {
    const given = find(kind, name);
    if (given !== undefined) return [placed(given.object, namespace)];
    if (!made.some((one) => one.kind === kind && one.name === name)) return [];
    const data = Object.fromEntries(keysOf(podTemplate, kind, name).map((key) => [key, kind === 'Secret' ? 'eA==' : 'x']));
    return [{ apiVersion: 'v1', kind, metadata: { name, namespace }, data }];
  });
}

/** The keys that environments read one by one: each must be there. */
function keysOf(podTemplate: Written, kind: string, name: string): readonly string[] {
  const member = kind === 'Secret' ? 'secretKeyRef' : 'configMapKeyRef';
  const containers = ['containers', 'initContainers'].flatMap((list) => listAt(podTemplate, 'spec', list));
  const refs = containers.flatMap((container) => listAt(container, 'env').map((variable) => at(variable, 'valueFrom', member)));
  return refs.flatMap((ref) => (textAt(ref, 'name') === name ? (textAt(ref, 'key') ?? []) : []));
}
