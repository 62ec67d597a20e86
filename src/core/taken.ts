import type { Rollout, RolloutSpec, RolloutStatus } from './rollout.ts';

/**
 * The names of what a Rollout has taken over: its root Service and its split. They stay what they were, whatever the spec says later: traffic of the old names
 * would be nobody's, and a canary would keep its share. The CRD refuses such an edit; a stored one changes nothing but what status says.
 */
type Taken = NonNullable<RolloutStatus['taken']>;

const namesIn = ({ service, traffic }: RolloutSpec): Taken => ({ service: service.name, split: traffic.smi?.splitName ?? service.name });

/** To be written down with the first revision. */
export const takenBy = ({ spec, status }: Rollout): Taken | undefined =>
  status.taken ?? (status.stableRevision === undefined ? undefined : namesIn(spec));

/** The spec with the names that hold; and, where it asks for others, in words, what was asked for. */
export function withTaken(spec: RolloutSpec, { taken }: RolloutStatus): { readonly spec: RolloutSpec; readonly renamed?: string } {
  if (taken === undefined) return { spec };
  const asked = namesIn(spec);
  const changes = [
    ...(asked.service === taken.service ? [] : [`spec.service.name from ${taken.service} to ${asked.service}`]),
    ...(asked.split === taken.split ? [] : [`the name of the split from ${taken.split} to ${asked.split}`]),
  ];
  if (changes.length === 0) return { spec };
  const { smi } = spec.traffic;
  return {
    spec: {
      ...spec,
      service: { ...spec.service, name: taken.service },
      traffic: smi === undefined ? spec.traffic : { ...spec.traffic, smi: { ...smi, splitName: taken.split } },
    },
    renamed: `${changes.join(' and ')} was changed after it was taken over, and the old name still holds: change it back, or delete the Rollout, which gives everything back, and create another`,
  };
}
