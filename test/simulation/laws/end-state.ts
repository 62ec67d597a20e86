import type { Run } from '../play/run.ts';
import { type DeploymentSeen, revisionLabel, revisionOf, type ServiceSeen, type SplitSeen, type StatusSeen } from './seen.ts';

/** How a run has ended, without times, uids and versions: what another schedule of the same run must come to. One line for each object and count. */
export function endStateOf({ sandbox, commits, subject }: Run): readonly string[] {
  const { store } = sandbox.server;
  const lines: string[] = [];
  for (const object of store.list('sluice.dev/rollouts', `${subject.namespace}/`)) {
    const { phase, stableRevision, canaryRevision, attempt, weight, history = [] } = (object.status ?? {}) as StatusSeen;
    const ends = history.map(({ revision, outcome }) => `${revision} ${outcome}`).join(', ');
    lines.push(
      `Rollout ${object.metadata.name}: ${phase}, stable ${stableRevision}, canary ${canaryRevision} (${attempt}), ${weight?.desired} %, history ${ends}`,
    );
  }
  for (const object of store.list('split.smi-spec.io/trafficsplits', `${subject.namespace}/`)) {
    const { backends = [] } = (object as unknown as SplitSeen).spec ?? {};
    lines.push(`TrafficSplit ${object.metadata.name}: ${backends.map(({ service, weight }) => `${service} ${weight}`).join(', ')}`);
  }
  for (const object of store.list('apps/deployments', `${subject.namespace}/`)) {
    const { spec, metadata } = object as unknown as DeploymentSeen;
    const images = spec.template.spec?.containers?.map(({ image }) => image).join(' ');
    lines.push(`Deployment ${metadata.name}: ${spec.replicas} of ${images}${spec.paused === true ? ', paused' : ''}`);
  }
  for (const object of store.list('services', `${subject.namespace}/`)) {
    const { selector } = (object as unknown as ServiceSeen).spec;
    lines.push(`Service ${object.metadata.name}: selects ${selector?.[revisionLabel] ?? 'no revision'}`);
  }
  const counts = new Map<string, number>();
  for (const { type, object, key } of commits) {
    if (type === 'MODIFIED' || !counted.has(object.kind) || (revisionOf(object) === undefined && object.kind !== 'TrafficSplit')) continue;
    const id = `${type === 'ADDED' ? 'creations' : 'removals'} of ${object.kind} ${key}`;
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return [...lines, ...[...counts].map(([id, count]) => `${count} ${id}`)].sort();
}

/** Those with names of their own choosing. */
const counted = new Set(['Deployment', 'Service', 'TrafficSplit', 'AnalysisRun', 'ConfigMap', 'Secret']);

/** The first difference, in words; undefined where there is none. */
export function differenceOf(reference: readonly string[], end: readonly string[]): string | undefined {
  const [more, less] = [end.find((line) => !reference.includes(line)), reference.find((line) => !end.includes(line))];
  if (more === undefined && less === undefined) return undefined;
  return `it ends with "${more ?? 'nothing'}", and without faults with "${less ?? 'nothing'}"`;
}
