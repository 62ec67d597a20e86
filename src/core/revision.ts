import { canonicalJson, isObject, sha256Hex } from '../lib/index.ts';
import { withoutDefaults } from './defaults.ts';
import { configCopyName, keptConfigName, ourPrefix, restartedAtAnnotation, revisionLabels } from './names.ts';
import type { ConfigRef, PodTemplate } from './world.ts';

const hashLength = 10;

/**
 * The name of a revision: a hash of the pod template and of the configuration it uses. Blind to the order of keys, to what the API
 * server fills in, and to our own labels.
 */
export function revisionOf(template: PodTemplate, configs: readonly ConfigRef[]): string {
  const used = configs.map(({ kind, name, hash }) => `${kind}/${name}=${hash}`).sort();
  return sha256Hex(canonicalJson({ template: withoutDefaults(withoutOurs(template)), configs: used })).slice(0, hashLength);
}

/** Hash of a ConfigMap's or Secret's content: `data` and `binaryData`, nothing else. */
export function configHash(object: { readonly data?: unknown; readonly binaryData?: unknown }): string {
  return sha256Hex(canonicalJson({ data: object.data ?? {}, binaryData: object.binaryData ?? {} })).slice(0, 16);
}

/** Our labels go in through us, never by way of the user's template. */
function withoutOurs(template: PodTemplate): PodTemplate {
  const metadata = isObject(template.metadata) ? template.metadata : {};
  if (!isObject(metadata.labels)) return template;
  const labels = Object.fromEntries(Object.entries(metadata.labels).filter(([key]) => !key.startsWith(ourPrefix)));
  return { ...template, metadata: { ...metadata, labels } };
}

/** The template of a revision's Deployment: the user's, with our labels, and reading the revision's own copies of its configuration. */
export function revisionTemplate(rollout: string, revision: string, template: PodTemplate, configs: readonly ConfigRef[]): PodTemplate {
  const copies = new Map(configs.map((config) => [keyOf(config), configCopyName(config.name, revision)]));
  const renamed = mapConfigRefs(template, (kind, name) => copies.get(keyOf({ kind, name })) ?? name);
  const metadata = isObject(renamed.metadata) ? renamed.metadata : {};
  const labels = isObject(metadata.labels) ? metadata.labels : {};
  return { ...renamed, metadata: { ...metadata, labels: { ...labels, ...revisionLabels(rollout, revision) } } };
}

export type ConfigName = Pick<ConfigRef, 'kind' | 'name'>;

const keyOf = ({ kind, name }: ConfigName): string => `${kind}/${name}`;

/**
 * The inverse: what the user wrote. By the names that are written down on the Deployment: a copy's own name may be cut. `kept`: what is to be read
 * under the name that outlasts the Rollout.
 */
export function originalTemplate(
  revision: string,
  template: PodTemplate,
  configs: readonly ConfigName[],
  kept: readonly ConfigName[] = [],
): PodTemplate {
  const keeps = new Set(kept.map(keyOf));
  const names = new Map(
    configs.flatMap((config) => {
      const { kind, name } = config;
      const keptName = keptConfigName(name, revision);
      const original = keeps.has(keyOf(config)) ? keptName : name;
      return [configCopyName(name, revision), keptName].map((copy) => [keyOf({ kind, name: copy }), original] as const);
    }),
  );
  return withoutRestart(withoutOurs(mapConfigRefs(template, (kind, name) => names.get(keyOf({ kind, name })) ?? name)));
}

function withoutRestart(template: PodTemplate): PodTemplate {
  const metadata = isObject(template.metadata) ? template.metadata : {};
  const annotations = isObject(metadata.annotations) ? metadata.annotations : {};
  if (annotations[restartedAtAnnotation] === undefined) return template;
  const { annotations: _, ...rest } = metadata;
  const others = Object.fromEntries(Object.entries(annotations).filter(([key]) => key !== restartedAtAnnotation));
  return { ...template, metadata: { ...rest, ...(Object.keys(others).length === 0 ? {} : { annotations: others }) } };
}

export interface ConfigUse {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
  readonly isOptional: boolean;
}

/** Kubernetes puts it into every namespace, alike in all of them: the cluster's, not the user's configuration. */
export const rootCaName = 'kube-root-ca.crt';

/** The ConfigMaps and Secrets that a template's volumes and environments read; each once, needed where any use needs it. */
export function configUses(template: PodTemplate): readonly ConfigUse[] {
  const uses = new Map<string, ConfigUse>();
  mapConfigRefs(template, (kind, name, isOptional) => {
    if (kind === 'ConfigMap' && name === rootCaName) return name;
    const known = uses.get(`${kind}/${name}`);
    uses.set(`${kind}/${name}`, { kind, name, isOptional: isOptional && (known?.isOptional ?? true) });
    return name;
  });
  return [...uses.values()];
}

type Rename = (kind: 'ConfigMap' | 'Secret', name: string, isOptional: boolean) => string;

/** Walks every place of a template that names a ConfigMap or Secret as configuration (not imagePullSecrets: the node reads those). */
function mapConfigRefs(template: PodTemplate, rename: Rename): PodTemplate {
  if (!isObject(template.spec)) return template;
  const spec = template.spec;
  return {
    ...template,
    spec: {
      ...spec,
      ...list(spec, 'containers', (item) => containerRefs(item, rename)),
      ...list(spec, 'initContainers', (item) => containerRefs(item, rename)),
      ...list(spec, 'volumes', (item) => volumeRefs(item, rename)),
    },
  };
}

type Members = Record<string, unknown>;

function list(owner: Members, key: string, change: (item: Members) => Members): Members {
  const items = owner[key];
  return Array.isArray(items) ? { [key]: items.map((item) => (isObject(item) ? change(item) : item)) } : {};
}

function containerRefs(container: Members, rename: Rename): Members {
  return {
    ...container,
    ...list(container, 'envFrom', (item) => ({
      ...item,
      ...named(item, 'configMapRef', 'name', 'ConfigMap', rename),
      ...named(item, 'secretRef', 'name', 'Secret', rename),
    })),
    ...list(container, 'env', (item) => {
      if (!isObject(item.valueFrom)) return item;
      const from = item.valueFrom;
      const refs = {
        ...named(from, 'configMapKeyRef', 'name', 'ConfigMap', rename),
        ...named(from, 'secretKeyRef', 'name', 'Secret', rename),
      };
      return { ...item, valueFrom: { ...from, ...refs } };
    }),
  };
}

function volumeRefs(volume: Members, rename: Rename): Members {
  const projected = isObject(volume.projected) ? volume.projected : undefined;
  return {
    ...volume,
    ...named(volume, 'configMap', 'name', 'ConfigMap', rename),
    ...named(volume, 'secret', 'secretName', 'Secret', rename),
    ...(projected === undefined
      ? {}
      : {
          projected: {
            ...projected,
            ...list(projected, 'sources', (item) => ({
              ...item,
              ...named(item, 'configMap', 'name', 'ConfigMap', rename),
              ...named(item, 'secret', 'name', 'Secret', rename),
            })),
          },
        }),
  };
}

function named(owner: Members, key: string, nameKey: string, kind: 'ConfigMap' | 'Secret', rename: Rename): Members {
  const ref = owner[key];
  if (!isObject(ref) || typeof ref[nameKey] !== 'string') return {};
  return { [key]: { ...ref, [nameKey]: rename(kind, ref[nameKey], ref.optional === true) } };
}
