import { readRolloutStatus, rollouts } from '../../api/index.ts';
import type { Resource } from '../../kube/index.ts';
import { type Cluster, type ClusterFlags, connect, plainName } from '../cluster/index.ts';
import { gateText } from '../decide/index.ts';
import type { Outside } from '../outside.ts';

export interface Candidate {
  readonly value: string;
  readonly description?: string;
}

export type Asked =
  | { readonly what: 'contexts' }
  | { readonly what: 'rollouts' | 'namespaces' }
  | { readonly what: 'gates' | 'revisions'; readonly rollout: string };

/** Whoever presses Tab waits for no slow cluster. */
const deadlineMs = 2_000;

/** What the cluster has to offer; nothing, where it cannot be asked. */
export async function askCluster(
  asked: Asked,
  flags: ClusterFlags,
  { env, clock }: Pick<Outside, 'env' | 'clock'>,
): Promise<readonly Candidate[]> {
  if (asked.what === 'contexts') return contexts(flags, env);
  const connected = await connect(flags, { env, clock, deadlineMs });
  if (!connected.ok) return [];
  const cluster = connected.value;
  try {
    return await candidates(asked, cluster);
  } finally {
    await cluster.close();
  }
}

async function candidates(asked: Exclude<Asked, { what: 'contexts' }>, cluster: Cluster): Promise<readonly Candidate[]> {
  switch (asked.what) {
    case 'rollouts': {
      const found = await cluster.list(rollouts, cluster.namespace);
      return found.ok ? found.value.map(({ metadata, status }) => described(metadata.name, readRolloutStatus(status).value.phase)) : [];
    }
    case 'namespaces': {
      const found = await cluster.list(namespaces, undefined);
      return found.ok ? found.value.map(({ metadata }) => ({ value: metadata.name })) : [];
    }
    case 'gates':
    case 'revisions': {
      const found = await cluster.read(rollouts, { namespace: cluster.namespace, name: plainName(asked.rollout) });
      if (!found.ok) return [];
      const { gates = [], history = [] } = readRolloutStatus(found.value.status).value;
      return asked.what === 'gates'
        ? gates.filter(({ state }) => state === 'Open').map((gate) => described(gate.name, gateText(gate)))
        : history.toReversed().map(({ revision, outcome, finishedAt }) => described(revision, `${outcome} ${finishedAt}`));
    }
  }
}

const namespaces: Resource = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false };

const described = (value: string, description: string | undefined): Candidate =>
  description === undefined ? { value } : { value, description };

async function contexts({ kubeconfig }: ClusterFlags, env: Outside['env']): Promise<readonly Candidate[]> {
  const { contextNames } = await import('../../kube/index.ts');
  return contextNames({ kubeconfig, env }).map((value) => ({ value }));
}
