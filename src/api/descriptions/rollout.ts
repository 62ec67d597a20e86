import { analysisReference } from './analysis-reference.ts';
import { below, type Descriptions } from './below.ts';
import { rolloutStatus } from './rollout-status.ts';

const steps: Descriptions = {
  '': 'What happens, in order; each item has exactly one key. After the last one comes all traffic.',
  '*.setWeight': 'Percent of the traffic that the canary gets; the step ends when the mesh is seen to follow.',
  '*.pause': 'Holds the weight.',
  '*.pause.duration': 'For how long. Left out: until somebody resumes it.',
  '*.analysis': 'Measures, and waits until that has a verdict: a success goes on, a failure rolls back.',
  ...below('*.analysis', analysisReference),
  '*.gate': 'Waits for people, who say Approve or Reject by a Decision (docs/decisions.md).',
  '*.gate.name': 'Its name, which no other gate of the Rollout has.',
  '*.gate.minApprovals': 'How many different people have to approve.',
  '*.gate.timeout': 'How long it waits. Left out: as long as it takes.',
  '*.gate.onTimeout': 'Abort: the release is rolled back. Wait: it goes on waiting, with a warning, and can still be approved.',
  '*.gate.message': 'What people are asked.',
  '*.setCanaryScale': 'How many pods the canary has from here on; without it, as many as its share of the traffic needs.',
  '*.setCanaryScale.replicas': 'So many pods.',
  '*.setCanaryScale.weight': 'So many percent of spec.replicas.',
  '*.setCanaryScale.matchTrafficWeight': 'true: by the weight again.',
};

const canary: Descriptions = {
  '': 'Traffic moves to the new revision step by step.',
  ...below('steps', steps),
  stepWeight: 'In place of steps: the weight grows by this, up to maxWeight, with a pause of interval after each.',
  maxWeight: 'Where stepWeight ends; after it comes all traffic.',
  stepWeights: 'In place of steps: these weights, with a pause of interval after each.',
  interval: 'How long each weight of stepWeight or stepWeights is held.',
  analysis: 'Runs from startingStep to the end of the release; a failure aborts at once.',
  ...below('analysis', analysisReference),
  'analysis.startingStep': 'Index of the step, counted from 0, from which on it runs.',
  'analysis.evidence':
    'PerStep: a raise needs a pass of every metric since the current weight was confirmed. Running: steps go on unless a measurement fails.',
  afterPromotion: 'The bake: how long the new revision is watched at 100 %, while the old one is still warm.',
  'afterPromotion.duration': 'How long; a failure until then rolls back.',
  'afterPromotion.analysis': 'What is measured meanwhile, beside the background analysis.',
  ...below('afterPromotion.analysis', analysisReference),
  scaleDownDelay: 'How long the old revision keeps its pods after promotion; undo within it is instant.',
  abortScaleDownDelay: 'How long an aborted canary keeps its pods after its traffic was cut.',
  minPodsPerRevision:
    'The fewest pods of a revision that has traffic, the stable one included, also where `replicas` is less (but for 0, which asks for none).',
  confirmation:
    'How a written weight counts as arrived: by the share that metrics show, by the mesh’s own object, or after maxLag where neither can be seen.',
  'confirmation.timeout':
    'After this the mesh is reported not to follow (WeightNotApplied); the Rollout then waits, and goes on by itself. Where metrics are to tell and cannot be asked (the message says who and why), or cannot tell yet, a weight waits for all of it, and maxLag does not count.',
  'confirmation.maxLag':
    'How long the mesh may lag behind what is written, at the most: confirms a weight where neither metrics nor an object of the mesh can. By default what is known of the provider.',
};

const windows: Descriptions = {
  '': 'When a raise may happen. A cut is never held back.',
  '*.kind': 'Allow: raises happen within such windows only. Deny: not within this one, whatever allows it.',
  '*.schedule': 'Five cron fields: the moments at which the window opens.',
  '*.duration': 'How long it stays open: elapsed time, also where clocks change.',
  '*.timeZone': 'Of the schedule: a name of the IANA database, such as Europe/Berlin.',
};

const service: Descriptions = {
  '': 'The root Service: the name that clients call.',
  name: 'Cannot be changed once it was taken over: delete the Rollout, which gives it back, and create another.',
  ports: 'Given: the Service is made and owned by the Rollout. Left out: it must exist.',
  'ports.*.name': 'Needed where there are several ports.',
  'ports.*.port': 'The number that clients call.',
  'ports.*.targetPort': 'Number or name of the port of the pods; by default the same number.',
  'ports.*.protocol': 'By default TCP.',
  'ports.*.appProtocol': 'What is spoken there, for meshes that ask: http, grpc, kubernetes.io/h2c.',
  'ports.*.nodePort': 'Not to be given: the Service is made as ClusterIP.',
  pinSelector: 'Whether the Service selects the stable revision only. Auto: unless a server-side-apply manager owns the selector.',
};

export const rollout: Descriptions = {
  spec: 'What is released, and how.',
  'spec.workloadRef':
    'The Deployment whose pod template is released. It is scaled to zero once its first revision serves, and restored when the Rollout is deleted. Once it was taken over, another cannot take its place.',
  'spec.workloadRef.apiVersion': 'apps/v1.',
  'spec.workloadRef.kind': 'Deployment.',
  'spec.workloadRef.name': 'Its name, in the same namespace.',
  'spec.template': 'A PodTemplateSpec, in place of workloadRef.',
  'spec.template.metadata': 'Labels and annotations of the pods.',
  'spec.template.spec': 'A PodSpec: kubectl explain pod.spec.',
  'spec.template.spec.containers': 'The containers of the pods: kubectl explain pod.spec.containers.',
  'spec.template.spec.containers.*.name': 'Name of the container.',
  'spec.template.spec.restartPolicy': 'Always, as in every Deployment.',
  'spec.replicas':
    'How many pods the stable revision has. Left out, it is written once, from the workload; after that it belongs to autoscalers and people.',
  ...below('spec.service', service),
  'spec.traffic': 'Exactly one router.',
  'spec.traffic.smi': 'An SMI TrafficSplit.',
  'spec.traffic.smi.version': 'Of the TrafficSplit. auto: the newest that is served and that the provider reads.',
  'spec.traffic.smi.provider': 'The mesh that follows the split. auto: the one that is found in the cluster.',
  'spec.traffic.smi.splitName':
    'Name of the TrafficSplit; by default the root Service’s. Cannot be changed once the Service was taken over.',
  'spec.strategy': 'How a new revision takes over.',
  ...below('spec.strategy.canary', canary),
  'spec.trackConfig': 'Whether referenced ConfigMaps (All: Secrets too) are part of the revision; each revision then keeps its own copy.',
  'spec.progressDeadline': 'A release must make progress within it; pauses and gates do not count.',
  'spec.progressDeadlineAction': 'What happens when there is none: roll back, or only report.',
  'spec.paused': 'true: nothing is raised or promoted; cuts and aborts still work.',
  'spec.revisionHistoryLimit': 'How many old revisions are kept for undo.',
  ...below('spec.windows', windows),
  ...below('status', rolloutStatus),
};
