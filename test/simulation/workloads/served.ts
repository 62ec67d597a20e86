import { resources, splitsOf } from '../../../src/sandbox/objects/index.ts';
import type { Run } from '../play/run.ts';

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
