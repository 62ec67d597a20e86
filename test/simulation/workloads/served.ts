import { resources, splitsOf } from '../../../src/sandbox/objects/index.ts';
import type { Run } from '../play/run.ts';
import { rolloutOf } from '../play/settled.ts';

interface Split {
  readonly spec?: { readonly backends?: readonly { readonly service: string; readonly weight?: number | string }[] };
}

interface Selecting {
  readonly spec: { readonly selector?: Readonly<Record<string, string>> };
}

interface Running {
  readonly spec: { readonly containers: readonly { readonly image?: string }[] };
}

/** The images that have traffic, by the objects alone: those of the pods behind each backend with weight, or behind the root Service. */
export function servedImages({
  sandbox: { client },
  subject: { namespace, service },
}: Pick<Run, 'sandbox' | 'subject'>): readonly string[] {
  const split = client.get(splitsOf('v1alpha4'), { namespace, name: service }) as Split | undefined;
  const backends = (split?.spec?.backends ?? []).filter(({ weight = 0 }) => Number(weight) > 0).map((backend) => backend.service);
  const services = backends.length > 0 ? backends : [service];
  const images = services.flatMap((name) => {
    const { selector = {} } = (client.get(resources.services, { namespace, name }) as Selecting | undefined)?.spec ?? {};
    const labelSelector = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
    const pods = client.list(resources.pods, { labelSelector: labelSelector.join() }) as unknown as readonly Running[];
    return pods.flatMap(({ spec }) => spec.containers.map(({ image = '' }) => image));
  });
  return [...new Set(images)].sort();
}

const lateRuns = new WeakSet<Run>();

/** Some proxy gave the canary less than a weight that status called confirmed, for longer than a data plane may lag. Asked of a run that was watched. */
export const hadLateProxies = (run: Run): boolean => lateRuns.has(run);

/** The default of `confirmation.maxLag` for the meshes whose adapter confirms. */
const maxLagMs = 10_000;

export function watchProxies(run: Run): void {
  let behindSinceMs: number | undefined;
  run.sandbox.server.store.onCommit(({ object }) => {
    if (object.kind !== 'Lease') return;
    behindSinceMs = isBehind(run) ? (behindSinceMs ?? run.elapsedMs()) : undefined;
    if (behindSinceMs !== undefined && run.elapsedMs() - behindSinceMs > maxLagMs) lateRuns.add(run);
  });
}

function isBehind(run: Run): boolean {
  const { canaryRevision, weight } = (rolloutOf(run)?.status ?? {}) as {
    canaryRevision?: string;
    weight?: { desired: number; confirmedAt?: string };
  };
  if (canaryRevision === undefined || weight?.confirmedAt === undefined || weight.desired === 0) return false;
  const { namespace, rollout, service } = run.subject;
  return [...run.sandbox.mesh.proxies()].some((proxy) => {
    const route = proxy.isMeshed ? proxy.route(`${namespace}/${service}|80`)?.route : undefined;
    if (route?.kind !== 'split') return false;
    const total = route.shares.reduce((sum, share) => sum + share.weight, 0);
    const own = route.shares.reduce((sum, share) => (share.backend === `${rollout}-${canaryRevision}` ? sum + share.weight : sum), 0);
    // A split says whole percents.
    return total > 0 && (100 * own) / total < weight.desired - 1;
  });
}
