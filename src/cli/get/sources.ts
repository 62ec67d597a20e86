import { analysisRuns, decisions, labels, rollouts, textAt } from '../../api/index.ts';
import { deployments } from '../../controller/resources.ts';
import { rolloutLabelValue } from '../../core/names.ts';
import type { KubeObject, Resource } from '../../kube/index.ts';
import type { Objects } from './tree.ts';

/** What is asked for beside the Rollout itself, and which of it belongs to it. */
export interface Source {
  readonly what: keyof Pick<Objects, 'deployments' | 'pods' | 'runs' | 'decisions'>;
  readonly resource: Resource;
  readonly labelSelector?: string;
  readonly isOf: (object: KubeObject, rollout: KubeObject) => boolean;
}

const pods: Resource = { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true };

const isOwned = (object: KubeObject, rollout: KubeObject): boolean =>
  object.metadata.ownerReferences?.some(({ kind, uid }) => kind === rollouts.kind && uid === rollout.metadata.uid) === true;

export function sourcesOf(name: string): readonly Source[] {
  const labelSelector = `${labels.rollout}=${rolloutLabelValue(name)}`;
  return [
    { what: 'deployments', resource: deployments, labelSelector, isOf: isOwned },
    { what: 'pods', resource: pods, labelSelector, isOf: () => true },
    { what: 'runs', resource: analysisRuns, labelSelector, isOf: isOwned },
    // They carry no label: people make them.
    { what: 'decisions', resource: decisions, isOf: (object) => textAt(object, 'spec', 'rollout', 'name') === name },
  ];
}
