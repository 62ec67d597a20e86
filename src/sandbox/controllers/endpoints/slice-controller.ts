import { sameJson } from '../../../lib/index.ts';
import { draftOf, type EndpointSlice, hasAll, isDeleting, type Pod, resources, type Service } from '../../objects/index.ts';
import { again, done, type Informer, type Outcome, Worker } from '../../watch/index.ts';
import type { ControllerContext } from '../context.ts';
import { groupsOf, manager, managerLabel, planSlices, type Slice, serviceLabel, sliceLabels } from './slices.ts';

/** Calls back with the key of each Service that a change of pods may concern. */
export function onServicesOf(pods: Informer<Pod>, services: Informer<Service>, add: (key: string) => void): void {
  pods.onChange(({ object, before }) => {
    for (const [key, { metadata, spec }] of services.items) {
      if (metadata.namespace !== object.metadata.namespace || spec.selector === undefined) continue;
      if (hasAll(spec.selector, object.metadata.labels) || (before !== undefined && hasAll(spec.selector, before.metadata.labels)))
        add(key);
    }
  });
}

export function podsOf({ metadata, spec }: Service, pods: Informer<Pod>): readonly Pod[] {
  const found: Pod[] = [];
  for (const pod of pods.items.values())
    if (pod.metadata.namespace === metadata.namespace && hasAll(spec.selector ?? {}, pod.metadata.labels)) found.push(pod);
  return found;
}

/** Keeps the EndpointSlices of Services that select pods. */
export class EndpointSliceController {
  readonly #context: ControllerContext;
  readonly #services: Informer<Service>;
  readonly #pods: Informer<Pod>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #worker: Worker;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { informers, clock, delayMs } = context;
    this.#services = informers.of(resources.services);
    this.#pods = informers.of(resources.pods);
    this.#slices = informers.of(resources.endpointSlices);
    this.#worker = new Worker({ clock, delayMs, sync: () => informers.sync(), work: (key) => this.#reconcile(key) });
    this.#services.onChange(({ key }) => this.#worker.add(key));
    onServicesOf(this.#pods, this.#services, (key) => this.#worker.add(key));
    this.#slices.onChange(({ object: { metadata } }) => {
      if (metadata.labels?.[managerLabel] === manager) this.#worker.add(`${metadata.namespace}/${metadata.labels[serviceLabel] ?? ''}`);
    });
  }

  #reconcile(key: string): Outcome {
    const service = this.#services.get(key);
    // Slices of a Service that is gone go with it, by their owner reference.
    if (service === undefined || isDeleting(service) || service.spec.selector === undefined || service.spec.type === 'ExternalName')
      return done;
    const labels = sliceLabels(service);
    const own = [...this.#slices.items.values()].filter(({ metadata }) => this.#isOwn(service, metadata.labels, metadata.namespace));
    const { create, update, remove } = planSlices(
      groupsOf(service, podsOf(service, this.#pods)),
      own.filter((slice) => !isDeleting(slice)),
    );
    const { client } = this.#context;
    const results = [
      ...create.map((slice) => client.create(resources.endpointSlices, draft(service, labels, slice))),
      ...update.flatMap(({ slice, next }) => {
        const changed = { ...slice, metadata: { ...slice.metadata, labels }, ...next };
        const isSame =
          sameJson(slice.metadata.labels, labels) &&
          sameJson(slice.endpoints ?? [], next.endpoints) &&
          sameJson(slice.ports ?? [], next.ports);
        return isSame ? [] : [client.replace(resources.endpointSlices, draftOf(changed))];
      }),
    ];
    for (const { metadata } of remove) client.delete(resources.endpointSlices, metadata);
    return results.every((result) => result.ok) ? done : again;
  }

  #isOwn({ metadata }: Service, labels: Readonly<Record<string, string>> = {}, namespace: string | undefined): boolean {
    return namespace === metadata.namespace && labels[serviceLabel] === metadata.name && labels[managerLabel] === manager;
  }
}

const draft = ({ metadata }: Service, labels: Readonly<Record<string, string>>, { ports, endpoints }: Slice) => {
  const owner = { apiVersion: 'v1', kind: 'Service', name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true };
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { generateName: `${metadata.name}-`, namespace: metadata.namespace, labels, ownerReferences: [owner] },
    addressType: 'IPv4',
    endpoints,
    ports,
  };
};
