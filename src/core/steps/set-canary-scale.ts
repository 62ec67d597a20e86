import { z } from 'zod';
import { exactlyOneOf, percent } from '../schema.ts';
import type { CanaryScale } from './step.ts';
import { defineStep } from './step.ts';

interface SetCanaryScale {
  readonly replicas?: number | undefined;
  readonly weight?: number | undefined;
  readonly matchTrafficWeight?: true | undefined;
}

export const setCanaryScale = defineStep<SetCanaryScale>({
  schema: exactlyOneOf(
    z.object({
      replicas: z.int().min(0).max(100_000).optional(),
      weight: percent().optional(),
      matchTrafficWeight: z.literal(true).optional(),
    }),
    ['replicas', 'weight', 'matchTrafficWeight'],
    'setCanaryScale',
  ),
  scale(config): CanaryScale {
    if (config.replicas !== undefined) return { kind: 'replicas', replicas: config.replicas };
    if (config.weight !== undefined) return { kind: 'weight', weight: config.weight };
    return { kind: 'traffic' };
  },
  text({ replicas, weight }) {
    if (replicas !== undefined) return `${replicas} pods`;
    return weight === undefined ? 'pods as the traffic needs them' : `pods for ${weight} %`;
  },
  decide: (_config, { canaryPods }) => (canaryPods.ready >= canaryPods.wanted ? { kind: 'done' } : { kind: 'pods' }),
});
