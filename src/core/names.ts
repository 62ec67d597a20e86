/** Names and marks of what we make. The contract fixes them: `<rollout>-<hash>`, at most 63 characters. */
export const rolloutLabel = 'sluice.dev/rollout';
export const revisionLabel = 'sluice.dev/revision';
export const ourPrefix = 'sluice.dev/';
/** On the pods of a revision: when a person had them made anew. No part of the user's template. */
export const restartedAtAnnotation = `${ourPrefix}restarted-at`;
/** Whose object it is, where the collector has taken our owner reference away. */
export const rolloutUidAnnotation = 'sluice.dev/rollout-uid';

const labelLimit = 63;

/** Name of a revision's Deployment and Service. Services want a DNS label, so dots of the Rollout's name become dashes. */
export function revisionName(rollout: string, revision: string): string {
  const head = rollout.replaceAll('.', '-').slice(0, labelLimit - revision.length - 1);
  return `${head.replace(/-+$/, '')}-${revision}`;
}

/** A label value for a Rollout's name, which may be longer than a label can be. */
export const rolloutLabelValue = (rollout: string): string => rollout.slice(0, labelLimit).replace(/[-.]+$/, '');

export const revisionLabels = (rollout: string, revision: string): Readonly<Record<string, string>> => ({
  [rolloutLabel]: rolloutLabelValue(rollout),
  [revisionLabel]: revision,
});

/** `status.selector`: all pods of the Rollout, for autoscalers. */
export const scaleSelector = (rollout: string): string => `${rolloutLabel}=${rolloutLabelValue(rollout)}`;

/** A revision's own copy of a ConfigMap or Secret. */
export const configCopyName = (name: string, revision: string): string => `${name.slice(0, 253 - revision.length - 1)}-${revision}`;

/** What a workload reads after its Rollout has gone, where the configuration itself is not the one that the stable revision was released with. */
export const keptConfigName = (name: string, revision: string): string => `${name.slice(0, 253 - revision.length - 6)}-kept-${revision}`;
