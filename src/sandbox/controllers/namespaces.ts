import { isDeleting, type Namespace, resources } from '../objects/index.ts';
import { again, done, type Informer, type Outcome, Worker } from '../watch/index.ts';
import type { ControllerContext } from './context.ts';

/** Gives each namespace the ServiceAccount that pods run as. What is in it goes with it: that is the collector's. */
export class NamespaceController {
  readonly #context: ControllerContext;
  readonly #namespaces: Informer<Namespace>;
  readonly #worker: Worker;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { informers, clock, delayMs } = context;
    this.#namespaces = informers.of(resources.namespaces);
    this.#worker = new Worker({ clock, delayMs, sync: () => informers.sync(), work: (name) => this.#reconcile(name) });
    this.#namespaces.onChange(({ type, key }) => {
      if (type === 'added') this.#worker.add(key);
    });
  }

  #reconcile(namespace: string): Outcome {
    const found = this.#namespaces.get(namespace);
    if (found === undefined || isDeleting(found)) return done;
    const { client } = this.#context;
    const ref = { namespace, name: 'default' };
    if (client.get(resources.serviceAccounts, ref) !== undefined) return done;
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: ref };
    return client.create(resources.serviceAccounts, account).ok ? done : again;
  }
}
