import { sameJson } from '../../../lib/index.ts';
import {
  draftOf,
  type Endpoint,
  type EndpointPort,
  type Endpoints,
  isDeleting,
  type Pod,
  resources,
  type Service,
} from '../../objects/index.ts';
import { again, done, type Informer, type Outcome, Worker } from '../../watch/index.ts';
import type { ControllerContext } from '../context.ts';
import { onServicesOf, podsOf } from './slice-controller.ts';
import { groupsOf } from './slices.ts';

/** Keeps the Endpoints of Services: the older form, without those on their way out. */
export class EndpointsController {
  readonly #context: ControllerContext;
  readonly #services: Informer<Service>;
  readonly #pods: Informer<Pod>;
  readonly #endpoints: Informer<Endpoints>;
  readonly #worker: Worker;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { informers, clock, delayMs } = context;
    this.#services = informers.of(resources.services);
    this.#pods = informers.of(resources.pods);
    this.#endpoints = informers.of(resources.endpoints);
    this.#worker = new Worker({ clock, delayMs, sync: () => informers.sync(), work: (key) => this.#reconcile(key) });
    this.#services.onChange(({ key }) => this.#worker.add(key));
    this.#endpoints.onChange(({ key }) => this.#worker.add(key));
    onServicesOf(this.#pods, this.#services, (key) => this.#worker.add(key));
  }

  #reconcile(key: string): Outcome {
    const { client } = this.#context;
    const service = this.#services.get(key);
    const known = this.#endpoints.get(key);
    if (service === undefined) {
      if (known !== undefined) client.delete(resources.endpoints, known.metadata);
      return done;
    }
    if (service.spec.selector === undefined || isDeleting(service)) return done;
    const { publishNotReadyAddresses = false } = service.spec;
    const pods = podsOf(service, this.#pods).filter((pod) => publishNotReadyAddresses || !isDeleting(pod));
    const subsets = groupsOf(service, pods).map(subsetOf);
    const labels = { ...service.metadata.labels, 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' };
    if (known === undefined) return client.create(resources.endpoints, draft(service, labels, subsets)).ok ? done : again;
    if (sameJson(known.subsets ?? [], subsets) && sameJson(known.metadata.labels, labels)) return done;
    return client.replace(resources.endpoints, draftOf({ ...known, metadata: { ...known.metadata, labels }, subsets } as Endpoints)).ok
      ? done
      : again;
  }
}

function subsetOf({ ports, endpoints }: { readonly ports: readonly EndpointPort[]; readonly endpoints: readonly Endpoint[] }) {
  const ready = endpoints.filter(({ conditions }) => conditions?.ready === true);
  const others = endpoints.filter(({ conditions }) => conditions?.ready !== true);
  return {
    ...(ready.length === 0 ? {} : { addresses: ready.map(addressOf) }),
    ...(others.length === 0 ? {} : { notReadyAddresses: others.map(addressOf) }),
    ports: ports.map(({ name, ...port }) => (name === '' ? port : { name, ...port })),
  };
}

const addressOf = ({ addresses, nodeName, targetRef }: Endpoint) => ({ ip: addresses[0], nodeName, targetRef });

const draft = ({ metadata: { name, namespace } }: Service, labels: Readonly<Record<string, string>>, subsets: readonly unknown[]) => ({
  ...{ apiVersion: 'v1', kind: 'Endpoints', metadata: { name, namespace, labels } },
  subsets,
});
