import type { ConfigMap, Pod, Secret } from '../objects/index.ts';

/** Why a kubelet would not start the pod: configuration that it names and that is not there. */
export interface Missing {
  readonly reason: string;
  readonly message: string;
}

export interface Configuration {
  readonly configMap: (key: string) => ConfigMap | undefined;
  readonly secret: (key: string) => Secret | undefined;
}

export function missingConfiguration(pod: Pod, configuration: Configuration): Missing | undefined {
  const keyOf = (name: string): string => `${pod.metadata.namespace}/${name}`;
  for (const { configMap, secret } of pod.spec.volumes ?? []) {
    const lacksMap = configMap !== undefined && configMap.optional !== true && configuration.configMap(keyOf(configMap.name)) === undefined;
    const lacksSecret = secret !== undefined && secret.optional !== true && configuration.secret(keyOf(secret.secretName)) === undefined;
    if (lacksMap || lacksSecret) return { reason: 'ContainerCreating', message: 'MountVolume.SetUp failed: object not found' };
  }
  for (const { env = [], envFrom = [] } of pod.spec.containers) {
    for (const { configMapRef, secretRef } of envFrom) {
      if (configMapRef !== undefined && configMapRef.optional !== true && configuration.configMap(keyOf(configMapRef.name)) === undefined)
        return notFound(`configmap "${configMapRef.name}"`);
      if (secretRef !== undefined && secretRef.optional !== true && configuration.secret(keyOf(secretRef.name)) === undefined)
        return notFound(`secret "${secretRef.name}"`);
    }
    for (const { valueFrom } of env) {
      const map = valueFrom?.configMapKeyRef;
      const secret = valueFrom?.secretKeyRef;
      if (map !== undefined && map.optional !== true && configuration.configMap(keyOf(map.name))?.data?.[map.key] === undefined)
        return notFound(`configmap "${map.name}" or its key "${map.key}"`);
      if (secret !== undefined && secret.optional !== true && configuration.secret(keyOf(secret.name))?.data?.[secret.key] === undefined)
        return notFound(`secret "${secret.name}" or its key "${secret.key}"`);
    }
  }
  return undefined;
}

const notFound = (what: string): Missing => ({ reason: 'CreateContainerConfigError', message: `${what} not found` });
