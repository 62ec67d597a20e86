import type { KubeFailure, KubeHealth } from '../kube/index.ts';
import { describeFailure } from '../kube/index.ts';

export interface ControllerHealth {
  readonly kube: KubeHealth;
  /** Discovery has succeeded once: what is known of the mesh may be old, and it is not nothing. */
  readonly isDiscovered: boolean;
  readonly discoveryFailure: KubeFailure | undefined;
}

/** Why a process is not ready, a line each; the first line is the reason of those that follow, where there is one. */
export function problemsOf({ kube, isDiscovered, discoveryFailure }: ControllerHealth): readonly string[] {
  const { unsynced, missing, failing, allFailing, unreachableSinceMs } = kube;
  const why = (name: string): string => because(failing.find((one) => one.name === name)?.failure);
  return [
    ...(unreachableSinceMs === undefined ? [] : [`the API server cannot be reached${because(failing[0]?.failure)}`]),
    // Credentials that are refused, for one: the stores stay full, and old.
    ...(unreachableSinceMs === undefined && allFailing !== undefined ? [`not one watch is live${because(allFailing)}`] : []),
    // Of ours there is nothing to do without them; those of a mesh come and go with it.
    ...missing.filter((name) => ours.has(kindOf(name))).map((name) => `${name} are not served: apply the output of \`sluice render crds\``),
    ...unsynced.map((name) => `${name} is not synced${why(name)}`),
    ...(isDiscovered ? [] : [`the mesh is not discovered yet${because(discoveryFailure)}`]),
  ];
}

/** A first list is still to come. One that we may not read may never come. */
export function isTakingIn({ unsynced, failing }: KubeHealth): boolean {
  const refused = new Set(failing.flatMap(({ name, failure }) => (failure.kind === 'forbidden' ? [name] : [])));
  return unsynced.some((name) => !refused.has(name));
}

const ours = new Set(['rollouts', 'analysisruns', 'analysistemplates', 'clusteranalysistemplates']);

/** Of several namespaces' watches on one kind. */
const kindOf = (name: string): string => name.replace(/-\d+$/, '');

const because = (failure: KubeFailure | undefined): string => (failure === undefined ? '' : ` (${describeFailure(failure)})`);
