import { apiReasons } from './api-reasons.ts';
import { lintReasons } from './lint-reasons.ts';

/**
 * Every reason code that users can meet in a condition, an Event, a log line, an error or a warning of `sluice simulate` and `sluice lint`, with what it means and what to do.
 * docs/reasons.md is generated from this table; a test holds both in step, and finds reasons that nothing uses.
 */
export interface Reason {
  readonly severity: 'info' | 'warning' | 'error';
  readonly means: string;
  readonly remedy: string;
}

const reason = (severity: Reason['severity'], means: string, remedy: string): Reason => ({ severity, means, remedy });

export const reasons = {
  // Progress
  Initializing: reason('info', 'The first revision is being brought up and takes over the traffic.', 'Nothing; wait.'),
  Progressing: reason('info', 'A new revision is on its way through the steps.', 'Nothing; wait.'),
  Adopted: reason('info', 'The Service, the split or the workload was taken over by the first revision.', 'Nothing.'),
  Promoted: reason('info', 'The revision has all traffic and is the stable one.', 'Nothing.'),
  Healthy: reason('info', 'The stable revision is the one that the template asks for.', 'Nothing.'),
  Baking: reason('info', 'The new revision has all traffic and is watched while the old one is still warm.', 'Nothing; wait.'),
  Terminating: reason('info', 'The Rollout is being deleted; traffic goes back to what stays behind.', 'Nothing; wait.'),
  Superseded: reason('info', 'A newer template replaced the canary before it was promoted.', 'Nothing.'),
  Reverted: reason('info', 'The template went back to the stable revision’s while a canary was under way.', 'Nothing.'),
  Paused: reason('info', 'spec.paused is true: nothing is raised or promoted.', 'Set spec.paused to false.'),
  // Waiting
  AwaitingPods: reason(
    'info',
    'The pods that the next weight needs are not all ready.',
    'Look at the canary’s pods: kubectl describe deployment.',
  ),
  AwaitingWeight: reason('info', 'The weight is written and not confirmed yet.', 'Nothing; wait.'),
  AwaitingAnalysis: reason(
    'info',
    'A metric has not passed since the current weight was confirmed.',
    'See the AnalysisRun; without traffic a metric cannot pass.',
  ),
  AwaitingDecision: reason(
    'info',
    'A person has to decide.',
    'At a gate Approve or Reject, at a pause Resume: docs/decisions.md says how a Decision is made.',
  ),
  AwaitingWindow: reason('info', 'A change window forbids raises now.', 'Wait for the window, or override it by a Decision.'),
  StableNotReady: reason(
    'warning',
    'The stable revision is short of ready pods; nothing is raised.',
    'Look at the stable revision’s pods.',
  ),
  // Failures of a release
  AnalysisFailed: reason(
    'error',
    'A metric failed more often than its failureLimit allows; the canary was rolled back.',
    'See the AnalysisRun for the deciding measurement; fix the release.',
  ),
  AnalysisError: reason(
    'error',
    'A metric could not be measured; the canary was rolled back.',
    'See the AnalysisRun; mend the query, the address or the credentials, and retry.',
  ),
  AnalysisInconclusive: reason(
    'warning',
    'An analysis ended without a verdict; the Rollout waits for a decision.',
    'Look at the AnalysisRun; resume or abort.',
  ),
  ProgressDeadlineExceeded: reason(
    'error',
    'No progress within progressDeadline.',
    'Look at the canary’s pods and at the reason it last waited for; change the template, or retry.',
  ),
  CanaryUnavailable: reason(
    'error',
    'The canary had traffic and not a single ready pod for 30 s.',
    'Look at why its pods fail: kubectl logs, kubectl describe pod.',
  ),
  AbortedByDecision: reason('warning', 'A person aborted the release.', 'Retry, or change the template.'),
  UndoneByDecision: reason(
    'warning',
    'A person went back to an earlier revision while the template still asks for this one; it does not come again by itself.',
    'Set the template back to what serves (git revert), or Retry to release it again.',
  ),
  GateExpired: reason('warning', 'A gate was not approved within its timeout (onTimeout: Abort).', 'Change the template, or retry.'),
  RejectedAtGate: reason('warning', 'A person rejected the release at a gate.', 'Change the template, or retry.'),
  RolledBack: reason('error', 'The release was rolled back; stable has all traffic.', 'See status.abort; change the template, or retry.'),
  // Traffic
  WeightConfirmed: reason('info', 'The data plane follows the weight.', 'Nothing.'),
  WeightNotApplied: reason(
    'error',
    'The weight was written and the mesh does not follow it within confirmation.timeout; in a deletion: it goes on sending to what is to be removed.',
    'Look at the mesh’s SMI adapter; the Rollout goes on by itself when the weight arrives.',
  ),
  Contended: reason(
    'error',
    'Another writer keeps changing what the Rollout owns; after three corrections in five minutes it no longer fights.',
    'The message names the field manager: take the field out of its manifests.',
  ),
  Corrected: reason(
    'warning',
    'Somebody changed what the Rollout owns, and it was put back.',
    'Change the Rollout instead: kubectl scale rollout for its pods, its template and steps for the rest.',
  ),
  SplitNotOurs: reason(
    'error',
    'A TrafficSplit of that name, or for that Service, belongs to somebody else.',
    'Remove it (in a deletion it holds what it sends to), or set sluice.dev/adopt-split: "true" on the Rollout where it is a plain one.',
  ),
  ServiceClaimed: reason(
    'error',
    'Another, older Rollout already manages this Service or workload.',
    'Give each Rollout its own Service and workload.',
  ),
  TrafficSplitNotInstalled: reason(
    'error',
    'The API server does not serve split.smi-spec.io.',
    'Install the TrafficSplit CRD of your mesh.',
  ),
  TrafficSplitVersion: reason(
    'error',
    'No served version of TrafficSplit is one that the provider reads.',
    'Set traffic.smi.version or provider, or install the CRD of your mesh.',
  ),
  ProviderAmbiguous: reason('error', 'Signs of several meshes were found.', 'Set traffic.smi.provider.'),
  NameChanged: reason(
    'error',
    'The name of the root Service or of the split was changed after it was taken over; the old one still holds, and nothing is raised.',
    'Change it back; or delete the Rollout, which gives everything back, and create another.',
  ),
  ServiceNotFound: reason('error', 'The root Service does not exist.', 'Create it, or give spec.service.ports so that it is created.'),
  ServiceUnsuitable: reason(
    'error',
    'The root Service is headless, external or has no selector.',
    'Use a ClusterIP Service with a selector.',
  ),
  PortMismatch: reason(
    'error',
    'A named targetPort of the root Service is no port of the pods.',
    'Make the Service’s targetPort and the template’s ports agree.',
  ),
  RevisionServiceMissing: reason(
    'error',
    'The Service of a revision that has traffic is gone.',
    'Nothing; it is made again. Find out who deleted it.',
  ),
  // Workload
  WorkloadNotFound: reason('error', 'The Deployment of workloadRef does not exist.', 'Create it, or correct the name.'),
  WorkloadUnsuitable: reason('error', 'The Deployment of workloadRef cannot be managed.', 'The message says why.'),
  ConfigNotFound: reason('warning', 'A ConfigMap or Secret that the template needs does not exist.', 'Create it.'),
  ConfigKept: reason(
    'warning',
    'The Rollout went while a ConfigMap or Secret was another than the one that its stable revision was released with: the workload reads a kept copy of that one.',
    'Approve or mend the configuration, then put its name back into the workload’s template; the kept copy goes with the workload.',
  ),
  StableRevisionLost: reason(
    'error',
    'The stable revision’s Deployment was deleted, and its template with it: nothing is raised; while the Rollout goes, it cannot be given back to the workload, and another one is not rolled out.',
    'Set the template back to the stable revision: its Deployment is made again. While the Rollout goes: give the workload the template that is to serve, then unpause and scale it; the deletion goes on by itself.',
  ),
  // Analysis
  AnalysisTemplateNotFound: reason(
    'warning',
    'A template named by the Rollout does not exist. Said at rest, too; what serves goes on, and no release gets more traffic.',
    'Create the template.',
  ),
  AnalysisTemplateInvalid: reason(
    'error',
    'A template cannot be used. Said at rest, too; what serves goes on, and no release gets more traffic.',
    'The message lists every error with its path.',
  ),
  // Warnings of `sluice simulate`
  NoAnalysis: reason('warning', 'Nothing judges the release: no metric is measured.', 'Add strategy.canary.analysis with a template.'),
  WindowLongerThanStep: reason(
    'warning',
    'A metric looks back further than the step lasts that it is to judge.',
    'Make the pause longer, or the window shorter.',
  ),
  TooFewRequests: reason(
    'warning',
    'There are too few requests in a window to tell the release from what the threshold allows.',
    'Make the window longer or the weight higher, or tolerate more in the threshold.',
  ),
  MinRequestsUnreachable: reason(
    'warning',
    'A metric asks for more requests than there are: it says nothing at this weight.',
    'Make minRequests smaller, the window longer or the weight higher; without any traffic send some.',
  ),
  OneFailureIsEnough: reason(
    'info',
    'So few requests are seen that a single failed one is more than the threshold allows: a good release may be rolled back.',
    'Tolerate a failure (failureLimit), make the window longer or the weight higher, or set minRequests.',
  ),
  CompareNeverPasses: reason(
    'warning',
    'A comparison with stable has minEffect 0, the default: it can fail, and never pass.',
    'Set minEffect to the loss that would not matter to you; docs/analysis.md says how much traffic it takes to exclude it.',
  ),
  CompareAlone: reason(
    'warning',
    'A comparison with stable is the only judge: it passes a canary that is as bad as a bad stable.',
    'Put a metric with a threshold beside it.',
  ),
  AskedTooSoon: reason(
    'warning',
    'A metric is asked for the last time while most of the release is still to come.',
    'Give it an interval, and leave count out.',
  ),
  FirstWeightHigh: reason(
    'warning',
    'The first step gives the release much of the traffic at once.',
    'Begin with a small weight, such as 5.',
  ),
  LimitOutlastsRollout: reason(
    'warning',
    'A limit tolerates more than can happen before the release is over.',
    'Make the limit or the interval smaller.',
  ),
  UndecidedForever: reason(
    'warning',
    'A release ended neither promoted nor rolled back: it waits for a person.',
    'See what it waits for; noData.then: Fail rolls back in place of waiting.',
  ),
  InputUnused: reason(
    'warning',
    'A Deployment or Service was given that the Rollout does not name, and what it names was made up.',
    'Look at the names in workloadRef and service, and at the namespaces; or leave the file out.',
  ),
  MetricUnknown: reason(
    'warning',
    'A metric asks for what the simulated mesh does not have, and was left out of the simulation.',
    'Mend the query or choose the mesh with --mesh; your own application’s metrics cannot be simulated.',
  ),
  QueryRefused: reason(
    'warning',
    'The simulated Prometheus cannot evaluate a query; the metric was left out of the simulation.',
    'Mend the query: a controller would end the analysis as an Error.',
  ),
  MetricSilent: reason(
    'warning',
    'A metric was asked and never had data, although the release had traffic.',
    'Look at the labels that its query selects by, and at minRequests.',
  ),
  RequestsLost: reason(
    'error',
    'Requests were left without an endpoint by the controller, which must never happen.',
    'Please report it with the Rollout and the seed.',
  ),
  // Errors and warnings of `sluice lint`
  ...lintReasons,
  // The HTTP API
  ...apiReasons,
  // Objects and machinery
  DecisionAccepted: reason('info', 'The decision of a person was followed.', 'Nothing; the Decision says what was done.'),
  DecisionRefused: reason(
    'warning',
    'The decision of a person was not followed: it is about another revision or attempt, came too late, or there is nothing of the kind to decide.',
    'The message of the Decision says why; look at the Rollout and make another one.',
  ),
  GateOpened: reason('info', 'People are asked at a gate.', 'Approve or reject it: docs/decisions.md.'),
  GateApproved: reason('info', 'A gate has its approvals; the release goes on.', 'Nothing.'),
  GateOverdue: reason('warning', 'The time of a gate is over, and it still waits (onTimeout: Wait).', 'Approve or reject it.'),
  InvalidSpec: reason(
    'error',
    'The stored object is not valid; traffic stays where it is.',
    'The message lists every error with its path.',
  ),
  Forbidden: reason('error', 'The controller has no permission for what it must do.', 'Apply the output of: sluice render rbac.'),
  WriteRefused: reason('error', 'The API server refused an object of ours.', 'The message is the API server’s.'),
} as const satisfies Record<string, Reason>;

export type ReasonCode = keyof typeof reasons;
