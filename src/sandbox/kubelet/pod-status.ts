// What a kubelet writes into the status of a pod.
import { type Condition, type Pod, timeText } from '../objects/index.ts';

export type ContainerState =
  | { readonly kind: 'waiting'; readonly reason: string; readonly message?: string }
  | { readonly kind: 'running'; readonly startedMs: number; readonly isReady: boolean }
  | { readonly kind: 'crashed'; readonly startedMs: number; readonly crashedMs: number; readonly backOffMs: number };

export interface Reported {
  readonly pod: Pod;
  readonly state: ContainerState;
  readonly restarts: number;
  readonly ip: string;
  /** When the kubelet first saw the pod. */
  readonly seenMs: number;
  readonly nowMs: number;
}

export const nodeIp = '10.0.0.1';

export function podStatus(reported: Reported): unknown {
  const { pod, state, restarts, ip, seenMs } = reported;
  const isReady = state.kind === 'running' && state.isReady;
  const notReady = isReady ? {} : { reason: 'ContainersNotReady', message: `containers with unready status: [${names(pod)}]` };
  return {
    phase: state.kind === 'waiting' && restarts === 0 ? 'Pending' : 'Running',
    hostIP: nodeIp,
    podIP: ip,
    podIPs: [{ ip }],
    startTime: timeText(seenMs),
    conditions: [
      conditionOf(reported, 'PodScheduled', true),
      conditionOf(reported, 'Initialized', true),
      conditionOf(reported, 'ContainersReady', isReady, notReady),
      conditionOf(reported, 'Ready', isReady, notReady),
    ],
    containerStatuses: pod.spec.containers.map((container) => containerStatus(reported, container, isReady)),
  };
}

const names = ({ spec }: Pod): string => spec.containers.map(({ name }) => name).join(' ');

/** Its time moves when its status does. */
function conditionOf({ pod, nowMs }: Reported, type: string, is: boolean, more: Partial<Condition> = {}): Condition {
  const status = is ? 'True' : 'False';
  const known = pod.status?.conditions?.find((condition) => condition.type === type);
  const since = known?.status === status ? known.lastTransitionTime : undefined;
  return { type, status, lastTransitionTime: since ?? timeText(nowMs), ...more };
}

function containerStatus({ pod, state, restarts }: Reported, { name, image }: Pod['spec']['containers'][number], isReady: boolean) {
  return {
    ...{ name, image, imageID: image, containerID: `sandbox://${pod.metadata.uid}/${restarts}` },
    ...{ ready: isReady, started: state.kind === 'running', restartCount: restarts, state: containerState(state) },
    ...(state.kind === 'crashed'
      ? {
          lastState: {
            terminated: { exitCode: 1, reason: 'Error', startedAt: timeText(state.startedMs), finishedAt: timeText(state.crashedMs) },
          },
        }
      : {}),
  };
}

function containerState(state: ContainerState): unknown {
  switch (state.kind) {
    case 'waiting':
      return { waiting: { reason: state.reason, ...(state.message === undefined ? {} : { message: state.message }) } };
    case 'running':
      return { running: { startedAt: timeText(state.startedMs) } };
    case 'crashed':
      return { waiting: { reason: 'CrashLoopBackOff', message: `back-off ${state.backOffMs} ms` } };
  }
}
