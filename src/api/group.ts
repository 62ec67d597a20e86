import { ourPrefix, revisionLabel, rolloutLabel } from '../core/names.ts';
import type { Resource } from '../kube/object.ts';

/** Names of our group, its kinds, and every mark that we put on objects, in one place. */
export const group = 'sluice.dev';
export const version = 'v1alpha1';
export const apiVersion = `${group}/${version}`;
export const category = 'sluice';

const kind = (name: string, plural: string, namespaced = true): Resource => ({ group, version, plural, kind: name, namespaced });

export const rollouts = kind('Rollout', 'rollouts');
export const analysisTemplates = kind('AnalysisTemplate', 'analysistemplates');
export const clusterAnalysisTemplates = kind('ClusterAnalysisTemplate', 'clusteranalysistemplates', false);
export const analysisRuns = kind('AnalysisRun', 'analysisruns');
export const decisions = kind('Decision', 'decisions');

export const kinds: readonly Resource[] = [rollouts, analysisTemplates, clusterAnalysisTemplates, analysisRuns, decisions];

/** On every Rollout, until traffic and workload are handed back. */
export const finalizer = `${ourPrefix}finalizer`;

/** The server-side field manager, and the User-Agent's name. */
export const fieldManager = 'sluice';

export const labels = {
  /** The Rollout that an object belongs to. */
  rollout: rolloutLabel,
  /** The revision that an object belongs to; in the root Service's selector, the stable one. */
  revision: revisionLabel,
} as const;

export const annotations = {
  /** On a Rollout, by its user: `"true"` takes over a TrafficSplit that exists already. */
  adoptSplit: `${ourPrefix}adopt-split`,
  /** On a copy of a ConfigMap or Secret: the hash of its content. */
  configHash: `${ourPrefix}config-hash`,
} as const;

/** The virtual subresource on which the verbs of decisions are granted: `approve` on `rollouts/decision`. */
export const decisionSubresource = 'decision';
