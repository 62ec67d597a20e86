import { templateHashOf } from '../core/objects/index.ts';
import type { ConfigUse } from '../core/revision.ts';
import { configUses, revisionOf } from '../core/revision.ts';
import type { Rollout } from '../core/rollout.ts';
import type { ConfigRef, PodTemplate, Target } from '../core/world.ts';
import type { Cache } from './cache.ts';
import type { DeploymentRecord } from './records.ts';
import type { SecretHashes } from './secret-hashes.ts';

export interface TargetStores {
  readonly cache: Cache;
  readonly secrets: SecretHashes;
}

/** The configuration that the template uses, as far as the Rollout tracks it. */
export function usesOf(rollout: Rollout, workload: DeploymentRecord | undefined): readonly ConfigUse[] {
  const { trackConfig, template } = rollout.spec;
  if (trackConfig === 'None') return [];
  const uses = template === undefined ? (workload?.uses ?? []) : ownOf(template).uses;
  return trackConfig === 'All' ? uses : uses.filter(({ kind }) => kind === 'ConfigMap');
}

export function targetOf(
  rollout: Rollout,
  workload: DeploymentRecord | undefined,
  uses: readonly ConfigUse[],
  stores: TargetStores,
): Target {
  const configs = configsOf(rollout.namespace, uses, stores);
  if (typeof configs === 'string') return { kind: 'unknown', reason: 'ConfigNotFound', message: configs };
  const { workloadRef, template } = rollout.spec;
  if (template !== undefined) return revisionTarget(() => template, ownOf(template).hash, configs);
  const name = workloadRef?.name ?? '';
  if (workload === undefined) return { kind: 'unknown', reason: 'WorkloadNotFound', message: `Deployment ${name} does not exist` };
  const packed = workload.template;
  if (packed === undefined) {
    return { kind: 'unknown', reason: 'WorkloadUnsuitable', message: `Deployment ${name} is itself a revision of a Rollout` };
  }
  return revisionTarget(() => JSON.parse(packed.unpack()) as PodTemplate, workload.templateHash, configs);
}

interface OwnTemplate {
  readonly hash: string;
  readonly uses: readonly ConfigUse[];
}

const ownTemplates = new WeakMap<PodTemplate, OwnTemplate>();

/** Of a template that is written in the Rollout: every pass looks at it, and it stays as it is. */
function ownOf(template: PodTemplate): OwnTemplate {
  const known = ownTemplates.get(template);
  if (known !== undefined) return known;
  const own = { hash: templateHashOf(template), uses: configUses(template) };
  ownTemplates.set(template, own);
  return own;
}

/** At rest nobody asks for the template itself, where its hash is known already: it is unpacked for those who do, once. */
function revisionTarget(unpack: () => PodTemplate, templateHash: string, configs: readonly ConfigRef[]): Target {
  let template: PodTemplate | undefined;
  const read = () => {
    template ??= unpack();
    return template;
  };
  return {
    kind: 'revision',
    revision: configs.length === 0 ? templateHash : revisionOf(read(), configs),
    configs,
    get template() {
      return read();
    },
  };
}

/** The configuration with its content's hash; or which piece is missing. An optional piece that is not there is simply not used. */
function configsOf(namespace: string, uses: readonly ConfigUse[], { cache, secrets }: TargetStores): readonly ConfigRef[] | string {
  const found: ConfigRef[] = [];
  for (const { kind, name, isOptional } of uses) {
    const hash = kind === 'ConfigMap' ? cache.configs.get(`${namespace}/${name}`)?.hash : secrets.hash(namespace, name);
    if (hash !== undefined) found.push({ kind, name, hash });
    else if (kind === 'Secret' && secrets.failure(namespace, name) !== undefined) return secrets.failure(namespace, name) ?? '';
    else if (!isOptional) return `${kind} ${name}, which the template uses, does not exist`;
  }
  return found;
}
