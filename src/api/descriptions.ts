import type { StructuralSchema } from './structural.ts';

/**
 * What `kubectl explain` says, by path below the root. Fields that are not here speak for themselves, or carry the description of
 * their own schema. `*` stands for the items of a list.
 */
const rollout: Readonly<Record<string, string>> = {
  'spec.workloadRef':
    'The Deployment whose pod template is released. It is scaled to zero once its first revision serves, and restored when the Rollout is deleted. Once it was taken over, another cannot take its place.',
  'spec.template': 'A PodTemplateSpec, in place of workloadRef.',
  'spec.replicas':
    'How many pods the stable revision has. Left out, it is written once, from the workload; after that it belongs to autoscalers and people.',
  'spec.service': 'The root Service: the name that clients call.',
  'spec.service.name': 'Cannot be changed once it was taken over: delete the Rollout, which gives it back, and create another.',
  'spec.service.ports': 'Given: the Service is made and owned by the Rollout. Left out: it must exist.',
  'spec.service.pinSelector':
    'Whether the Service selects the stable revision only. Auto: unless a server-side-apply manager owns the selector.',
  'spec.traffic': 'Exactly one router.',
  'spec.traffic.smi': 'An SMI TrafficSplit.',
  'spec.traffic.smi.splitName':
    'Name of the TrafficSplit; by default the root Service’s. Cannot be changed once the Service was taken over.',
  'spec.strategy.canary.steps': 'What happens, in order; each item has exactly one key. After the last one comes all traffic.',
  'spec.strategy.canary.stepWeight': 'In place of steps: the weight grows by this, up to maxWeight, with a pause of interval after each.',
  'spec.strategy.canary.stepWeights': 'In place of steps: these weights, with a pause of interval after each.',
  'spec.strategy.canary.analysis': 'Runs from startingStep to the end of the release; a failure aborts at once.',
  'spec.strategy.canary.analysis.evidence':
    'PerStep: a raise needs a pass of every metric since the current weight was confirmed. Running: steps go on unless a measurement fails.',
  'spec.strategy.canary.afterPromotion': 'The bake: how long the new revision is watched at 100 %, while the old one is still warm.',
  'spec.strategy.canary.scaleDownDelay': 'How long the old revision keeps its pods after promotion; undo within it is instant.',
  'spec.strategy.canary.abortScaleDownDelay': 'How long an aborted canary keeps its pods after its traffic was cut.',
  'spec.strategy.canary.minPodsPerRevision': 'The fewest pods of a revision that has traffic.',
  'spec.strategy.canary.confirmation':
    'How a written weight counts as arrived: by the share that metrics show, by the mesh’s own object, or after maxLag where neither can be seen.',
  'spec.trackConfig': 'Whether referenced ConfigMaps (All: Secrets too) are part of the revision; each revision then keeps its own copy.',
  'spec.progressDeadline': 'A release must make progress within it; pauses and gates do not count.',
  'spec.progressDeadlineAction': 'What happens when there is none: roll back, or only report.',
  'spec.paused': 'true: nothing is raised or promoted; cuts and aborts still work.',
  'spec.revisionHistoryLimit': 'How many old revisions are kept for undo.',
  'spec.windows': 'When a raise may happen. A cut is never held back.',
  'spec.windows.*.schedule': 'Five cron fields: the moments at which the window opens.',
  'spec.windows.*.duration': 'How long it stays open: elapsed time, also where clocks change.',
  'status.observedGeneration': 'The generation that this status is about; -1 until the controller has seen the Rollout.',
  'status.attempt': 'Grows with each retry of the same revision.',
  'status.epoch': 'The leader’s fencing number.',
  'status.taken': 'Internal: the names of the root Service and the split that were taken over.',
  'status.stage': 'Internal: where adoption or deletion stands.',
  'status.run': 'Internal: what a restart must not forget of the canary’s run.',
  'status.waiting': 'Internal: what the progress deadline is counting for.',
  'status.warm': 'Internal: revisions without traffic that keep their pods until a moment.',
  'status.corrections': 'Internal: foreign edits that were put right lately.',
};

const metric: Readonly<Record<string, string>> = {
  'spec.args': 'What {{args.NAME}} stands for. Without a value, whoever uses the template must give one.',
  'spec.metrics': 'What is measured; all of them must pass.',
  'spec.metrics.*.interval': 'How often; left out: once.',
  'spec.metrics.*.count': 'How many measurements; left out in a background analysis: as long as the release runs.',
  'spec.metrics.*.successCondition': 'CEL over result, for example: result >= 0.99',
  'spec.metrics.*.failureCondition': 'CEL over result, for example: result < 0.95',
  'spec.metrics.*.failureLimit': 'Failures that are tolerated; one more fails the run.',
  'spec.metrics.*.consecutiveSuccessLimit': 'So many successes in a row end the metric early.',
  'spec.metrics.*.minRequests': 'Fewer requests in the window are no data.',
  'spec.metrics.*.noData': 'What silence means. It is never a pass.',
  'spec.metrics.*.dryRun': 'Measured and shown, but never a verdict.',
  'spec.metrics.*.compare': 'In place of a threshold: a sequential test of the canary against stable.',
  'spec.metrics.*.provider': 'Exactly one source.',
};

const run: Readonly<Record<string, string>> = {
  ...metric,
  'spec.terminate': 'true ends the run: Successful unless something is worse, Inconclusive before any pass.',
  'spec.rollout': 'The Rollout, revision and attempt that the run was made for.',
};

const decision: Readonly<Record<string, string>> = {
  'spec.rollout': 'The Rollout that is decided on; its uid too, so that a namesake is not meant.',
  'spec.gate': 'The gate that is approved or rejected.',
  'spec.subject': 'The Kubernetes user who decides; must be the caller.',
  'spec.channel': 'How the decision was made known.',
  'spec.account': 'The chat account that it came from.',
  'spec.undoTo': 'Undo only: a revision of the history.',
};

export const descriptions: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Rollout: rollout,
  AnalysisTemplate: metric,
  ClusterAnalysisTemplate: metric,
  AnalysisRun: run,
  Decision: decision,
};

/** The schema with our descriptions in place. Throws on a path that the schema does not have: a bug of ours. */
export function describeFields(kind: string, root: StructuralSchema): StructuralSchema {
  const described = structuredClone(root);
  for (const [path, description] of Object.entries(descriptions[kind] ?? {})) {
    const found = path
      .split('.')
      .reduce<StructuralSchema | undefined>((schema, name) => (name === '*' ? schema?.items : schema?.properties?.[name]), described);
    if (found === undefined) throw new Error(`${kind} has no field ${path}`);
    found.description = description;
  }
  return described;
}
