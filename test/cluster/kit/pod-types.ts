import type { KubeObject } from './client.ts';
import { POD_PREFIX } from './layout.ts';

interface KeyRef {
  readonly name: string;
  readonly key: string;
  readonly optional?: boolean;
}
interface SourceRef {
  readonly name: string;
  readonly optional?: boolean;
}
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly configMapKeyRef?: KeyRef; readonly secretKeyRef?: KeyRef };
  }[];
  readonly envFrom?: readonly { readonly prefix?: string; readonly configMapRef?: SourceRef; readonly secretRef?: SourceRef }[];
}
export interface Pod extends KubeObject {
  readonly spec: {
    readonly nodeName?: string;
    readonly terminationGracePeriodSeconds?: number;
    readonly containers: readonly Container[];
    readonly volumes?: readonly {
      readonly configMap?: SourceRef;
      readonly secret?: { readonly secretName: string; readonly optional?: boolean };
    }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly lastTransitionTime?: string }[];
  };
}
export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

export const annotation = (pod: Pod, name: string): string | undefined => pod.metadata.annotations?.[`${POD_PREFIX}${name}`];
export function annotatedNumber(pod: Pod, name: string): number | undefined {
  const text = annotation(pod, name);
  return text === undefined || Number.isNaN(Number(text)) ? undefined : Number(text);
}
export const isSet = (pod: Pod, name: string): boolean => annotation(pod, name) === 'true';

/** A `ReplicaSet` is named after its Deployment and the hash of the template. */
export function deploymentOf(pod: Pod): string {
  const owner = pod.metadata.ownerReferences?.find((reference) => reference.controller)?.name ?? pod.metadata.name;
  const hash = pod.metadata.labels?.['pod-template-hash'];
  return hash !== undefined && owner.endsWith(`-${hash}`) ? owner.slice(0, -hash.length - 1) : owner;
}

export type Environment =
  | { readonly ok: true; readonly values: ReadonlyMap<string, string> }
  | { readonly ok: false; readonly reason: string; readonly message: string };

/** The container's variables, or why a real kubelet would not start it. `secrets` hold base64. */
export function environmentOf(
  pod: Pod,
  container: Container,
  configMaps: ReadonlyMap<string, ConfigMap>,
  secrets: ReadonlyMap<string, ConfigMap>,
): Environment {
  const key = (name: string) => `${pod.metadata.namespace}/${name}`;
  const missing = (what: string): Environment => ({ ok: false, reason: 'CreateContainerConfigError', message: `${what} not found` });
  const decode = (text: string) => Buffer.from(text, 'base64').toString();
  for (const { configMap, secret } of pod.spec.volumes ?? []) {
    const lacksMap = configMap !== undefined && !configMap.optional && !configMaps.has(key(configMap.name));
    const lacksSecret = secret !== undefined && !secret.optional && !secrets.has(key(secret.secretName));
    if (lacksMap || lacksSecret) return { ok: false, reason: 'ContainerCreating', message: 'MountVolume.SetUp failed: object not found' };
  }
  const values = new Map<string, string>();
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    for (const { ref, store, read } of [
      { ref: configMapRef, store: configMaps, read: (text: string) => text },
      { ref: secretRef, store: secrets, read: decode },
    ]) {
      if (ref === undefined) continue;
      const source = store.get(key(ref.name));
      if (source === undefined && !ref.optional) return missing(`"${ref.name}"`);
      for (const [name, value] of Object.entries(source?.data ?? {})) values.set(`${prefix}${name}`, read(value));
    }
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    const map = valueFrom?.configMapKeyRef;
    const secret = valueFrom?.secretKeyRef;
    const ref = map ?? secret;
    if (ref === undefined) {
      values.set(name, value ?? '');
      continue;
    }
    const found = (map ? configMaps : secrets).get(key(ref.name))?.data?.[ref.key];
    if (found === undefined && !ref.optional) return missing(`${map ? 'configmap' : 'secret'} "${ref.name}" or its key "${ref.key}"`);
    if (found !== undefined) values.set(name, map ? found : decode(found));
  }
  return { ok: true, values };
}
