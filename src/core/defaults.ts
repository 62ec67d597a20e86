import { isObject } from '../lib/index.ts';

/**
 * Takes out of a pod template what the API server would put in by itself, so that a template hashes alike before and after it was
 * stored, and on every version of Kubernetes. A default that is missing here costs nothing until a newer server adds it.
 */
export function withoutDefaults(template: unknown): unknown {
  if (!isObject(template)) return template;
  const metadata = isObject(template.metadata) ? template.metadata : {};
  const { creationTimestamp: _, ...kept } = metadata;
  return prune({ ...template, metadata: kept, spec: podSpec(template.spec) });
}

type Members = Record<string, unknown>;

function podSpec(spec: unknown): unknown {
  if (!isObject(spec)) return spec;
  // serviceAccount is the deprecated twin that the server fills from serviceAccountName.
  const { serviceAccount, ...rest } = spec;
  const account = rest.serviceAccountName ?? serviceAccount;
  return {
    ...drop(rest, {
      restartPolicy: 'Always',
      dnsPolicy: 'ClusterFirst',
      schedulerName: 'default-scheduler',
      terminationGracePeriodSeconds: 30,
      enableServiceLinks: true,
      serviceAccountName: 'default',
    }),
    ...(account === undefined || account === 'default' ? {} : { serviceAccountName: account }),
    containers: each(rest.containers, container),
    initContainers: each(rest.initContainers, container),
    volumes: each(rest.volumes, volume),
    topologySpreadConstraints: each(rest.topologySpreadConstraints, (item) =>
      drop(item, { nodeAffinityPolicy: 'Honor', nodeTaintsPolicy: 'Ignore' }),
    ),
  };
}

function container(value: Members): unknown {
  const { imagePullPolicy, ...rest } = value;
  const lifecycle = isObject(rest.lifecycle) ? mapValues(rest.lifecycle, probe) : rest.lifecycle;
  return {
    ...drop(rest, { terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' }),
    ...(imagePullPolicy === undefined || imagePullPolicy === defaultPullPolicy(rest.image) ? {} : { imagePullPolicy }),
    ports: each(rest.ports, (port) => drop(port, { protocol: 'TCP' })),
    env: each(rest.env, environment),
    livenessProbe: probe(rest.livenessProbe),
    readinessProbe: probe(rest.readinessProbe),
    startupProbe: probe(rest.startupProbe),
    lifecycle,
  };
}

/** The server's own rule: `Always` for `:latest` and for no tag at all. */
function defaultPullPolicy(image: unknown): string {
  if (typeof image !== 'string' || image.includes('@')) return 'IfNotPresent';
  const tag = image.slice(image.lastIndexOf('/') + 1).split(':')[1];
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function environment(item: Members): unknown {
  const from = item.valueFrom;
  if (!isObject(from)) return drop(item, { value: '' });
  return { ...item, valueFrom: mapValues(from, (source) => (isObject(source) ? drop(source, { apiVersion: 'v1' }) : source)) };
}

function probe(value: unknown): unknown {
  if (!isObject(value)) return value;
  const httpGet = isObject(value.httpGet) ? drop(value.httpGet, { scheme: 'HTTP', path: '/' }) : undefined;
  const grpc = isObject(value.grpc) ? drop(value.grpc, { service: '' }) : undefined;
  return {
    ...drop(value, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3, initialDelaySeconds: 0 }),
    ...(httpGet ? { httpGet } : {}),
    ...(grpc ? { grpc } : {}),
  };
}

function volume(value: Members): unknown {
  return mapValues(value, (source, key) => {
    if (!isObject(source)) return source;
    if (key === 'hostPath') return drop(source, { type: '' });
    const items = each(source.sources, (item) =>
      mapValues(item, (part) => (isObject(part) ? drop(part, { expirationSeconds: 3600 }) : part)),
    );
    return { ...drop(source, { defaultMode: 420 }), ...(items === undefined ? {} : { sources: items }) };
  });
}

function each(list: unknown, change: (item: Members) => unknown): unknown {
  return Array.isArray(list) ? list.map((item) => (isObject(item) ? change(item) : item)) : list;
}

const mapValues = (members: Members, change: (value: unknown, key: string) => unknown): Members =>
  Object.fromEntries(Object.entries(members).map(([key, value]) => [key, change(value, key)]));

function drop(members: Members, defaults: Members): Members {
  const isDefault = (key: string) => key in defaults && defaults[key] === members[key];
  return Object.keys(members).some(isDefault) ? Object.fromEntries(Object.entries(members).filter(([key]) => !isDefault(key))) : members;
}

/** Without nulls, and without empty objects and lists: `resources: {}` says as much as no `resources`. */
function prune(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(prune);
  if (!isObject(value)) return value;
  const kept: [string, unknown][] = [];
  for (const key of Object.keys(value)) {
    const member = prune(value[key]);
    if (member !== null && member !== undefined && !isEmpty(member)) kept.push([key, member]);
  }
  return Object.fromEntries(kept);
}

const isEmpty = (value: unknown): boolean =>
  Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
