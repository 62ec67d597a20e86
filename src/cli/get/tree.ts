import { decodeAnalysisRun, decodeDecision, decodeLeavingRollout, decodeRollout, labels, summaryOf, textAt } from '../../api/index.ts';
import { listAt, numberAt } from '../../api/raw.ts';
import type { RevisionFacts, RolloutView } from '../../core/view.ts';
import { viewOf } from '../../core/view.ts';
import type { KubeObject } from '../../kube/index.ts';
import { fail, ok, type Result } from '../../lib/index.ts';
import { type PodView, podOf } from './pods.ts';

/** The objects of one Rollout, as they are stored. */
export interface Objects {
  readonly rollout: KubeObject;
  readonly deployments: readonly KubeObject[];
  readonly pods: readonly KubeObject[];
  readonly runs: readonly KubeObject[];
  readonly decisions: readonly KubeObject[];
  /** What could not be read, a sentence each. */
  readonly troubles: readonly string[];
}

export interface Tree {
  readonly view: RolloutView;
  readonly pods: readonly PodView[];
  readonly troubles: readonly string[];
}

/** One Rollout and what hangs on it; a Rollout that is not valid is shown as far as it goes. */
export function treeOf({ rollout, deployments, pods, runs, decisions, troubles }: Objects, nowMs: number): Result<Tree, string> {
  const whole = decodeRollout(rollout);
  const decoded = whole.ok ? whole : decodeLeavingRollout(rollout);
  if (!decoded.ok) return fail(`Rollout ${rollout.metadata.name} is not valid: ${summaryOf(decoded.failure)}`);
  const { uid } = rollout.metadata;
  const view = viewOf({
    rollout: decoded.value,
    revisions: deployments.flatMap(revisionOf),
    runs: readable(runs, decodeAnalysisRun).filter(({ ownerRolloutUid }) => ownerRolloutUid === uid),
    decisions: readable(decisions, decodeDecision),
    nowMs,
  });
  const invalid = whole.ok ? [] : [`it is not valid: ${summaryOf(whole.failure)}`];
  return ok({ view, pods: pods.map(podOf), troubles: [...invalid, ...troubles] });
}

const readable = <T>(objects: readonly KubeObject[], decode: (object: KubeObject) => Result<T, unknown>): readonly T[] =>
  objects.flatMap((object) => {
    const read = decode(object);
    return read.ok ? [read.value] : [];
  });

function revisionOf(deployment: KubeObject): readonly RevisionFacts[] {
  const revision = deployment.metadata.labels?.[labels.revision];
  if (revision === undefined) return [];
  const { creationTimestamp } = deployment.metadata;
  return [
    {
      revision,
      ...(creationTimestamp === undefined ? {} : { createdAt: creationTimestamp }),
      readyPods: numberAt(deployment, 'status', 'readyReplicas') ?? 0,
      wantedPods: numberAt(deployment, 'spec', 'replicas') ?? 0,
      images: listAt(deployment, 'spec', 'template', 'spec', 'containers').flatMap((container) => textAt(container, 'image') ?? []),
    },
  ];
}
