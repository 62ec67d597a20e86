import { sameJson } from '../../../lib/index.ts';
import { type FieldError, forbidden } from '../field-error.ts';
import type { ApiObject } from '../port.ts';
import { listOf, type Members, membersOf, textOf } from '../values.ts';
import { builtin, checkedTwice } from './build.ts';
import { ageColumn, column, nameColumn, textAt, wide } from './cells.ts';
import type { Kind } from './kind.ts';
import { validatePodSpec } from './pod-rules.ts';
import { completePodSpec, podSpec, podStatus } from './pod-shapes.ts';
import { defaulted } from './shapes.ts';

export const pods: Kind = builtin({
  group: '',
  plural: 'pods',
  kind: 'Pod',
  shortNames: ['po'],
  inAll: true,
  hasStatus: true,
  members: { spec: podSpec, status: defaulted(podStatus, { phase: 'Pending' }) },
  columns: [
    nameColumn,
    column('Ready', readiness),
    column('Status', (pod) => phaseOf(pod)),
    column('Restarts', (pod) => String(statuses(pod).reduce((sum, one) => sum + Number(one.restartCount ?? 0), 0))),
    ageColumn,
    wide('IP', textAt(['status', 'podIP'])),
    wide('Node', textAt(['spec', 'nodeName'])),
    wide('Nominated Node', textAt(['status', 'nominatedNodeName'])),
    wide('Readiness Gates', () => '<none>'),
  ],
  rules: {
    metadata: checkedTwice,
    returnsDeleted: true,
    statusReset: [['spec'], ['metadata', 'ownerReferences']],
    generation: (now, old) => !sameJson(now.spec, old.spec),
    complete: (pod) => ({ ...pod, spec: completePodSpec(membersOf(pod.spec)) }),
    prepare: withQuality,
    validate: validatePod,
    // Without a node there is no kubelet that would finish the deletion.
    gracePeriod(pod, asked) {
      const { nodeName, terminationGracePeriodSeconds } = membersOf(pod.spec);
      const { phase } = membersOf(pod.status);
      if (textOf(nodeName) === '' || phase === 'Succeeded' || phase === 'Failed') return 0;
      return asked ?? (typeof terminationGracePeriodSeconds === 'number' ? terminationGracePeriodSeconds : 30);
    },
    fields: {
      names: [
        ...['spec.nodeName', 'spec.restartPolicy', 'spec.schedulerName', 'spec.serviceAccountName', 'spec.hostNetwork'],
        ...['status.phase', 'status.podIP', 'status.podIPs', 'status.nominatedNodeName'],
      ],
      of(pod) {
        const [spec, status] = [membersOf(pod.spec), membersOf(pod.status)];
        return {
          'spec.nodeName': textOf(spec.nodeName),
          'spec.restartPolicy': textOf(spec.restartPolicy),
          'spec.schedulerName': textOf(spec.schedulerName),
          'spec.serviceAccountName': textOf(spec.serviceAccountName),
          'spec.hostNetwork': String(spec.hostNetwork === true),
          'status.phase': textOf(status.phase),
          'status.podIP': textOf(status.podIP),
          'status.podIPs': textOf(status.podIP),
          'status.nominatedNodeName': textOf(status.nominatedNodeName),
        };
      },
    },
  },
});

const statuses = (pod: ApiObject): readonly Members[] => listOf(membersOf(pod.status).containerStatuses).map(membersOf);

function readiness(pod: ApiObject): string {
  const total = listOf(membersOf(pod.spec).containers).length;
  const ready = statuses(pod).filter((one) => one.ready === true && membersOf(one.state).running !== undefined).length;
  return `${ready}/${total}`;
}

/** The Status column: what the containers say, where they say more than the phase. */
function phaseOf(pod: ApiObject): string {
  const { phase, reason } = membersOf(pod.status);
  if (pod.metadata.deletionTimestamp !== undefined && phase !== 'Succeeded' && phase !== 'Failed') return 'Terminating';
  let said = textOf(reason) || textOf(phase);
  for (const { state } of statuses(pod).toReversed()) {
    const { waiting, terminated } = membersOf(state);
    const { reason: ended, exitCode } = membersOf(terminated);
    if (textOf(membersOf(waiting).reason) !== '') said = textOf(membersOf(waiting).reason);
    else if (terminated !== undefined) said = textOf(ended) || `ExitCode:${String(exitCode)}`;
  }
  return said;
}

function withQuality(pod: ApiObject, old: ApiObject | undefined): ApiObject {
  if (old !== undefined) return pod;
  const asks = listOf(membersOf(pod.spec).containers).some((one) => {
    const { requests, limits } = membersOf(membersOf(one).resources);
    return requests !== undefined || limits !== undefined;
  });
  return { ...pod, status: { phase: 'Pending', qosClass: asks ? 'Burstable' : 'BestEffort' } };
}

/** Containers' images, a few counters and tolerations: all else of a pod's spec never changes. `nodeName` is set once, by binding. */
function validatePod(pod: ApiObject, old: ApiObject | undefined): readonly FieldError[] {
  if (old === undefined) return validatePodSpec(membersOf(pod.spec), 'spec');
  const fixed = (spec: Members) => {
    const {
      containers,
      initContainers,
      activeDeadlineSeconds: _a,
      tolerations: _t,
      terminationGracePeriodSeconds: _g,
      nodeName: _n,
      ...rest
    } = spec;
    const withoutImages = (all: unknown) => listOf(all).map((one) => ({ ...membersOf(one), image: '' }));
    return { ...rest, containers: withoutImages(containers), initContainers: withoutImages(initContainers) };
  };
  const [now, before] = [membersOf(pod.spec), membersOf(old.spec)];
  const isMoved = textOf(before.nodeName) !== '' && before.nodeName !== now.nodeName;
  if (!isMoved && sameJson(fixed(now), fixed(before))) return [];
  return [
    forbidden(
      'spec',
      'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
    ),
  ];
}
