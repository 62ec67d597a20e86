import type { SpecRead } from '../api/index.ts';
import { readRolloutSpec } from '../api/index.ts';
import { templateHashOf } from '../core/objects/index.ts';
import type { ConfigUse } from '../core/revision.ts';
import { configUses } from '../core/revision.ts';
import type { RolloutSpec } from '../core/rollout.ts';
import type { PodTemplate } from '../core/world.ts';
import type { KubeObject } from '../kube/index.ts';
import type { PackedText } from '../lib/index.ts';
import { Recent, TextPacker } from '../lib/index.ts';

/** Nearly every change of a Rollout or a Deployment is one of its status: what it asks for is read once, and not again each time. */

export type RolloutSpecs = (object: KubeObject) => SpecRead<RolloutSpec>;

/** As `readRolloutSpec`. For objects that came as JSON: nothing else is told apart by its JSON. */
export function rolloutSpecs(): RolloutSpecs {
  const recent = new Recent<SpecRead<RolloutSpec>>();
  return (object) => recent.of(`${object.metadata.name} ${JSON.stringify(object.spec)}`, () => readRolloutSpec(object));
}

export interface UserTemplate {
  readonly hash: string;
  /** As JSON. */
  readonly packed: PackedText;
  readonly uses: readonly ConfigUse[];
}

/** Pod templates of Deployments that are the users' own. */
export class UserTemplates {
  readonly #packer = new TextPacker();
  readonly #recent = new Recent<UserTemplate>();

  of(template: PodTemplate): UserTemplate {
    const text = JSON.stringify(template);
    return this.#recent.of(text, () => ({ hash: templateHashOf(template), packed: this.#packer.pack(text), uses: configUses(template) }));
  }
}
