import type { ApiObject } from '../port.ts';
import { listOf, type Members, membersOf, textOf, withMembers } from '../values.ts';
import {
  atomicMap,
  closed,
  conditions,
  defaulted,
  flag,
  int,
  intOrText,
  kept,
  list,
  listBy,
  objectMeta,
  open,
  type Shape,
  text,
  unlessZero,
} from './shapes.ts';

const action = open({ httpGet: open({ path: defaulted(text, '/'), scheme: defaulted(text, 'HTTP'), port: intOrText }) });
const probe = open({
  httpGet: open({ path: defaulted(text, '/'), scheme: defaulted(text, 'HTTP'), port: intOrText }),
  initialDelaySeconds: int,
  timeoutSeconds: unlessZero(int, 1),
  periodSeconds: unlessZero(int, 10),
  successThreshold: unlessZero(int, 1),
  failureThreshold: unlessZero(int, 3),
});
const fieldRef = open({ apiVersion: defaulted(text, 'v1'), fieldPath: text });
const mode = defaulted(int, 420);

const container = open({
  name: kept(text),
  image: text,
  command: list(kept(text)),
  args: list(kept(text)),
  workingDir: text,
  ports: listBy(
    ['containerPort', 'protocol'],
    closed({ name: text, hostPort: int, containerPort: kept(int), protocol: defaulted(text, 'TCP'), hostIP: text }),
    'containerPort',
  ),
  envFrom: list(open()),
  env: listBy(['name'], closed({ name: kept(text), value: text, valueFrom: open({ fieldRef }) })),
  resources: defaulted(open(), {}),
  volumeMounts: listBy(['mountPath'], open({ name: kept(text), readOnly: flag, mountPath: kept(text), subPath: text })),
  volumeDevices: listBy(['devicePath'], open()),
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe,
  lifecycle: open({ postStart: action, preStop: action }),
  terminationMessagePath: defaulted(text, '/dev/termination-log'),
  terminationMessagePolicy: defaulted(text, 'File'),
  imagePullPolicy: text,
  stdin: flag,
  stdinOnce: flag,
  tty: flag,
});

const volume = open({
  name: kept(text),
  configMap: open({ defaultMode: mode }),
  secret: open({ defaultMode: mode }),
  downwardAPI: open({ defaultMode: mode, items: list(open({ fieldRef })) }),
  projected: open({ defaultMode: mode, sources: list(open({ downwardAPI: open({ items: list(open({ fieldRef })) }) })) }),
});

export const podSpec: Shape = open({
  volumes: listBy(['name'], volume),
  initContainers: listBy(['name'], container),
  containers: { ...listBy(['name'], container), 'x-omit-empty': false },
  ephemeralContainers: listBy(['name'], open()),
  restartPolicy: defaulted(text, 'Always'),
  terminationGracePeriodSeconds: defaulted(int, 30),
  activeDeadlineSeconds: kept(int),
  dnsPolicy: defaulted(text, 'ClusterFirst'),
  nodeSelector: atomicMap(kept(text)),
  serviceAccountName: text,
  serviceAccount: text,
  automountServiceAccountToken: kept(flag),
  nodeName: text,
  hostNetwork: flag,
  hostPID: flag,
  hostIPC: flag,
  securityContext: defaulted(open(), {}),
  imagePullSecrets: listBy(['name'], open()),
  hostname: text,
  subdomain: text,
  schedulerName: defaulted(text, 'default-scheduler'),
  tolerations: list(open()),
  hostAliases: listBy(['ip'], open()),
  priorityClassName: text,
  readinessGates: list(open()),
  topologySpreadConstraints: listBy(['topologyKey', 'whenUnsatisfiable'], open(), 'topologyKey'),
});

export const podTemplate: Shape = closed({ metadata: objectMeta, spec: podSpec });

export const podStatus: Shape = open({
  conditions,
  podIPs: listBy(['ip'], open()),
  hostIPs: listBy(['ip'], open(), undefined),
  containerStatuses: list(open()),
  initContainerStatuses: list(open()),
});

/** What of a pod's spec depends on other fields of it. */
export function completePodSpec(spec: Members): Members {
  const account = textOf(spec.serviceAccountName) || textOf(spec.serviceAccount);
  const completed = (containers: unknown) => listOf(containers).map((one) => completeContainer(membersOf(one)));
  return withMembers(spec, {
    ...(account === '' ? {} : { serviceAccountName: account, serviceAccount: account }),
    ...(Array.isArray(spec.containers) ? { containers: completed(spec.containers) } : {}),
    ...(Array.isArray(spec.initContainers) ? { initContainers: completed(spec.initContainers) } : {}),
  });
}

function completeContainer(container: Members): Members {
  if (textOf(container.imagePullPolicy) !== '') return container;
  const image = textOf(container.image);
  const tag = /:([^/:@]+)(@|$)/.exec(image)?.[1];
  const isLatest = !image.includes('@') && (tag === undefined || tag === 'latest');
  return { ...container, imagePullPolicy: isLatest ? 'Always' : 'IfNotPresent' };
}

/** The object with the pod template at `spec.template` completed. */
export function completeTemplate(object: ApiObject): ApiObject {
  const spec = membersOf(object.spec);
  const template = membersOf(spec.template);
  if (spec.template === undefined || template.spec === undefined) return object;
  return { ...object, spec: { ...spec, template: { ...template, spec: completePodSpec(membersOf(template.spec)) } } };
}
