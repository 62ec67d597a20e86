import type { Clock } from '../lib/index.ts';
import type { Usage } from './controllers/index.ts';
import type { Pod } from './objects/index.ts';
import type { Network } from './pods/index.ts';

interface Seen {
  readonly atMs: number;
  readonly answered: number;
}

const usualTarget = 80;
const usualMillicores = 100;
const usualPerRequest = 10;
/** Over less than this, single requests would tell. */
const windowMs = 5_000;

/** Millicores of a pod are its requests per second times `bed.sluice.dev/cpu-per-request` (10), against what it asked for. */
export function cpuUsage(network: Network, clock: Clock): Usage {
  const seen = new WeakMap<object, readonly Seen[]>();
  return ({ spec: { metrics } }, pods) => {
    const target = metrics?.find(({ resource }) => resource?.name === 'cpu')?.resource?.target?.averageUtilization ?? usualTarget;
    const percents = pods.flatMap((pod) => utilisation(pod, network, clock.monotonicMs(), seen) ?? []);
    if (percents.length === 0) return undefined;
    return percents.reduce((sum, percent) => sum + percent, 0) / percents.length / target;
  };
}

/** Since this was asked last, or over the window, where it is asked more often. Undefined the first time. */
function utilisation(pod: Pod, network: Network, nowMs: number, seen: WeakMap<object, readonly Seen[]>): number | undefined {
  const server = network.at(pod.status?.podIP ?? '');
  if (server === undefined) return undefined;
  const history = seen.get(server) ?? [];
  const since = history.findLastIndex(({ atMs }) => atMs <= nowMs - windowMs);
  const within = history.slice(Math.max(0, since));
  seen.set(server, [...within, { atMs: nowMs, answered: server.answered }]);
  const [before] = within;
  if (before === undefined || nowMs <= before.atMs) return undefined;
  const perSecond = (1_000 * (server.answered - before.answered)) / (nowMs - before.atMs);
  const perRequest = Number(pod.metadata.annotations?.['bed.sluice.dev/cpu-per-request'] ?? usualPerRequest);
  return (100 * perSecond * perRequest) / millicoresOf(pod);
}

function millicoresOf({ spec }: Pod): number {
  const asked = spec.containers.map(({ resources }) => resources?.requests?.cpu).map((cpu) => (cpu === undefined ? 0 : milli(String(cpu))));
  return asked.reduce((sum, each) => sum + each, 0) || usualMillicores;
}

const milli = (quantity: string): number => (quantity.endsWith('m') ? Number(quantity.slice(0, -1)) : 1_000 * Number(quantity));
