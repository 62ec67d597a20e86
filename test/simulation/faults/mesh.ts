import type { PlannedFault } from '../play/plan.ts';
import type { Fault, Run } from '../play/run.ts';
import { atAnyTime, between, during, numberOf, oneOf, requestAs, textOf } from './kit.ts';

const mesh = (
  name: string,
  text: string,
  begin: (run: Run, planned: PlannedFault) => (() => void) | undefined,
  more: Pick<Fault, 'mayAbort' | 'mayLose' | 'suits'> & {
    readonly mostMs?: number;
    readonly with?: (random: Run['random']) => object;
  } = {},
): Fault => {
  const { mostMs = 120_000, with: given = () => ({}), ...flags } = more;
  return {
    ...{ name, kind: 'F13', text, ...flags },
    draw: (random, size) => ({
      at: atAnyTime(random, size),
      with: { forMs: between(random, 10_000, mostMs), ...given(random) },
    }),
    arm(planned, run) {
      during(planned, run, () => {
        const end = begin(run, planned);
        if (end !== undefined) run.struck(planned);
        return end;
      });
    },
  };
};

const usualMs = [50, 500] as const;

const lagOf = (planned: PlannedFault, most: number) => [0, numberOf(planned, 'mostMs', most)] as const;

function lagging(run: Run, routesMs: readonly [number, number], endpointsMs: readonly [number, number]): () => void {
  run.sandbox.faults.meshLag({ routesMs, endpointsMs });
  return () => run.sandbox.faults.meshLag({ routesMs: usualMs, endpointsMs: usualMs });
}

const profileOf = ({ subject }: Run): string => `${subject.service}.${subject.namespace}.svc.cluster.local`;

/** F13: from a split to what the proxies do. */
export const meshFaults: readonly Fault[] = [
  mesh(
    'mesh-lag',
    'routes and endpoints reach each proxy up to eight seconds late, in any order: within the lag that the provider is known for',
    (run, planned) => lagging(run, lagOf(planned, 8_000), lagOf(planned, 8_000)),
    { with: (random) => ({ mostMs: between(random, 1_000, 8_000) }) },
  ),
  mesh(
    'mesh-lag-long',
    'routes and endpoints reach each proxy up to two minutes late, in any order: longer than the Rollout was told to expect',
    (run, planned) => lagging(run, lagOf(planned, 120_000), lagOf(planned, 120_000)),
    { mayAbort: true, mayLose: true, with: (random) => ({ mostMs: between(random, 8_000, 120_000) }) },
  ),
  mesh(
    'mesh-routes-lag',
    'routes come up to two minutes late, and endpoints in time: what the adapter has confirmed reaches proxies after old pods are gone',
    (run, planned) => lagging(run, lagOf(planned, 120_000), usualMs),
    { mayAbort: true, mayLose: true, with: (random) => ({ mostMs: between(random, 8_000, 120_000) }) },
  ),
  mesh(
    'adapter-slow',
    'the adapter takes up to two minutes for a split',
    (run, planned) => {
      const adapter = run.sandbox.faults.adapter(run.subject.namespace);
      adapter.lag(lagOf(planned, 120_000));
      return () => adapter.lag([0, 0]);
    },
    { mayAbort: true, with: (random) => ({ mostMs: between(random, 5_000, 120_000) }) },
  ),
  mesh(
    'adapter-down',
    'the adapter is down: what is written to splits does not reach the mesh, until it is back and catches up',
    (run) => {
      const adapter = run.sandbox.faults.adapter(run.subject.namespace);
      adapter.pause();
      return () => adapter.resume();
    },
    { mayAbort: true, mostMs: 200_000 },
  ),
  mesh(
    'adapter-ignores',
    'somebody put smi.linkerd.io/skip on the ServiceProfile: the adaptor ignores the split and says nothing of it',
    (run) => {
      const { namespace } = run.subject;
      const path = `/apis/linkerd.io/v1alpha2/namespaces/${namespace}/serviceprofiles/${profileOf(run)}`;
      const set = (skip: string | null) =>
        requestAs(run.sandbox, 'kubectl', {
          ...{ method: 'PATCH', path },
          body: { metadata: { annotations: { 'smi.linkerd.io/skip': skip } } },
        });
      if (!set('true')) return undefined;
      return () => {
        set(null);
        // Its next resync, which comes every ten minutes, writes what it knows.
        run.sandbox.mesh.adapter.resync();
      };
    },
    { mayAbort: true, suits: ({ sandbox }) => sandbox.mesh?.mode === 'linkerd' },
  ),
  mesh(
    'mesh-nack',
    'proxies refuse, or do not get, what they are sent of routes: all of them, or one of two',
    (run, planned) => holding(run, 'routes', textOf(planned, 'whose', 'all')),
    { mayAbort: true, mayLose: true, with: (random) => ({ whose: oneOf(random, ['all', 'first']) }) },
  ),
  mesh(
    'mesh-endpoints-held',
    'proxies hear nothing of endpoints that come and go',
    (run, planned) => holding(run, 'endpoints', textOf(planned, 'whose', 'all')),
    { mayAbort: true, mayLose: true, with: (random) => ({ whose: oneOf(random, ['all', 'first']) }) },
  ),
];

function holding(run: Run, topic: 'routes' | 'endpoints', whose: string): (() => void) | undefined {
  const proxies = [...run.sandbox.mesh.proxies()];
  const held = whose === 'first' ? proxies.slice(0, 1) : proxies;
  if (held.length === 0) return undefined;
  for (const proxy of held) proxy.hold(topic);
  return () => {
    for (const proxy of held) proxy.release(topic);
  };
}
