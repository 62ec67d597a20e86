import { at, listAt, numberAt, textAt } from '../../../api/raw.ts';
import { isObject, nearestTo } from '../../../lib/index.ts';
import { type Finding, findingIn } from '../findings.ts';
import type { FileObject } from '../objects.ts';
import { beside, type Files, isOurs, isTogether, type Rule } from './rule.ts';

/** A Rollout with the Deployment, the Service and the autoscaler that are written beside it. What is not there may be in the cluster. */
export const neighbours: Rule = (files) => {
  const rollouts = files.objects.filter(isOurs('Rollout'));
  return rollouts.flatMap((rollout, index) => [
    ...misspelt(files, rollout),
    ...ofService(files, rollout),
    ...ofReplicas(files, rollout),
    ...ofScalers(files, rollout),
    ...claimedTwice(rollout, rollouts.slice(0, index)),
  ]);
};

const workloadName = ({ object }: FileObject): string | undefined => textAt(object, 'spec', 'workloadRef', 'name');
const serviceName = ({ object }: FileObject): string | undefined => textAt(object, 'spec', 'service', 'name');
const workloadOf = (files: Files, rollout: FileObject): FileObject | undefined =>
  beside(files, rollout, ['apps', 'Deployment', workloadName(rollout) ?? '']);

function misspelt({ objects }: Files, rollout: FileObject): readonly Finding[] {
  const near = (group: string, kind: string, name: string | undefined, path: string, reason: 'WorkloadNotFound' | 'ServiceNotFound') => {
    const names = objects
      .filter((object) => object.group === group && object.kind === kind && isTogether(rollout, object))
      .map((object) => object.name);
    const [nearest] = name === undefined || names.includes(name) ? [] : nearestTo(name, names);
    return nearest === undefined
      ? []
      : [findingIn(rollout, path, reason, `no ${kind} ${name} is among the files; did you mean ${nearest}?`, 'warning')];
  };
  const makesService = listAt(rollout.object, 'spec', 'service', 'ports').length > 0;
  return [
    ...near('apps', 'Deployment', workloadName(rollout), 'spec.workloadRef.name', 'WorkloadNotFound'),
    ...(makesService ? [] : near('', 'Service', serviceName(rollout), 'spec.service.name', 'ServiceNotFound')),
  ];
}

function ofService(files: Files, rollout: FileObject): readonly Finding[] {
  const service = beside(files, rollout, ['', 'Service', serviceName(rollout) ?? '']);
  if (service === undefined) return [];
  const spec = at(service.object, 'spec');
  const unsuitable = (path: string, message: string) => [findingIn(service, path, 'ServiceUnsuitable', message)];
  if (textAt(spec, 'type') === 'ExternalName')
    return unsuitable('spec.type', 'is of type ExternalName: a mesh cannot split what it does not route');
  if (textAt(spec, 'clusterIP') === 'None')
    return unsuitable('spec.clusterIP', 'is headless: clients pick pods by themselves, whatever the split says');
  const selector = at(spec, 'selector');
  if (!isObject(selector) || Object.keys(selector).length === 0) return unsuitable('spec', 'has no selector');
  const template = podTemplateOf(files, rollout);
  if (template === undefined) return [];
  const labels = at(template.pod, 'metadata', 'labels');
  const missing = Object.entries(selector).filter(([key, value]) => textAt(labels, key) !== value);
  const [first] = missing;
  return [
    ...(first === undefined
      ? []
      : unsuitable(
          'spec.selector',
          `selects ${first[0]}=${String(first[1])}, which the pods of ${template.what} do not have: it reaches none of them`,
        )),
    ...ofPorts(service, template),
  ];
}

interface PodTemplate {
  readonly pod: unknown;
  readonly what: string;
}

function podTemplateOf(files: Files, rollout: FileObject): PodTemplate | undefined {
  const own = at(rollout.object, 'spec', 'template');
  if (own !== undefined) return { pod: own, what: `Rollout ${rollout.name}` };
  const workload = workloadOf(files, rollout);
  return workload === undefined ? undefined : { pod: at(workload.object, 'spec', 'template'), what: `Deployment ${workload.name}` };
}

function ofPorts(service: FileObject, { pod, what }: PodTemplate): readonly Finding[] {
  const names = listAt(pod, 'spec', 'containers').flatMap((container) =>
    listAt(container, 'ports').flatMap((port) => textAt(port, 'name') ?? []),
  );
  return listAt(service.object, 'spec', 'ports').flatMap((port, index) => {
    const target = textAt(port, 'targetPort');
    if (target === undefined || names.includes(target)) return [];
    const has = names.length === 0 ? 'no named port' : names.join(', ');
    return [findingIn(service, `spec.ports[${index}].targetPort`, 'PortMismatch', `"${target}" is no port of ${what}, which has ${has}`)];
  });
}

/** Deployment or Rollout: what an autoscaler scales, by kind and name. */
function scalersOf({ objects }: Files, rollout: FileObject, [kind, name]: readonly [string, string]): readonly FileObject[] {
  return objects.filter((object) => {
    const target = at(object.object, 'spec', 'scaleTargetRef');
    const targetKind = textAt(target, 'kind') ?? (object.kind === 'ScaledObject' ? 'Deployment' : '');
    return scalers.has(object.kind) && isTogether(rollout, object) && targetKind === kind && textAt(target, 'name') === name;
  });
}

const scalers = new Set(['HorizontalPodAutoscaler', 'ScaledObject']);

function ofScalers(files: Files, rollout: FileObject): readonly Finding[] {
  const workload = workloadName(rollout);
  if (workload === undefined) return [];
  return scalersOf(files, rollout, ['Deployment', workload]).map((scaler) =>
    findingIn(
      scaler,
      'spec.scaleTargetRef',
      'ScalerOnWorkload',
      `targets Deployment ${workload}, which Rollout ${rollout.name} keeps at 0`,
    ),
  );
}

function ofReplicas(files: Files, rollout: FileObject): readonly Finding[] {
  const workload = workloadOf(files, rollout);
  const isWritten = (object: FileObject | undefined): object is FileObject =>
    object !== undefined && numberAt(object.object, 'spec', 'replicas') !== undefined;
  const scaled = scalersOf(files, rollout, ['Rollout', rollout.name]);
  const [scaler] = scaled;
  return [
    ...(isWritten(workload)
      ? [
          findingIn(
            workload,
            'spec.replicas',
            'ReplicasInGit',
            `sets the replicas of Deployment ${workload.name}, which Rollout ${rollout.name} keeps at 0: each apply starts pods that serve nobody`,
          ),
        ]
      : []),
    ...(isWritten(rollout) && scaler !== undefined
      ? [
          findingIn(
            rollout,
            'spec.replicas',
            'ReplicasInGit',
            `sets the replicas that ${scaler.kind} ${scaler.name} decides on: each apply sets them back`,
          ),
        ]
      : []),
  ];
}

function claimedTwice(rollout: FileObject, before: readonly FileObject[]): readonly Finding[] {
  const claim = (nameOf: (object: FileObject) => string | undefined, path: string, what: string) => {
    const other = before.find(
      (each) => nameOf(each) !== undefined && nameOf(each) === nameOf(rollout) && isTogether(each, rollout) && each.name !== rollout.name,
    );
    return other === undefined
      ? []
      : [
          findingIn(
            rollout,
            path,
            'ServiceClaimed',
            `${what} ${nameOf(rollout)} is managed by Rollout ${other.name} already (${other.where})`,
          ),
        ];
  };
  return [...claim(serviceName, 'spec.service.name', 'Service'), ...claim(workloadName, 'spec.workloadRef.name', 'Deployment')];
}
