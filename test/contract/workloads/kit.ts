// What the contract of a cluster's controllers and kubelet is asked through, and the few objects that it is asked about.
import { Ask, at, type Doc, listAt, type ServerUnderTest, textAt } from '../api-server/kit.ts';

/** A cluster under the contract: an API server with controllers, a scheduler and a kubelet behind it. */
export interface ClusterUnderTest extends ServerUnderTest {
  /** No more pods than this in the namespace: a quota named `pods`. */
  quota(namespace: string, most: number): Promise<void>;
}

export interface App {
  readonly name?: string;
  readonly replicas?: number;
  readonly image?: string;
  /** Annotations `bed.sluice.dev/...` of the pods. */
  readonly behaviour?: Readonly<Record<string, string>>;
  readonly spec?: Doc;
}

export const templateOf = ({ name = 'web', image = 'example/app:1', behaviour = {} }: App) => ({
  metadata: {
    labels: { app: name },
    annotations: Object.fromEntries(Object.entries(behaviour).map(([key, value]) => [`bed.sluice.dev/${key}`, value])),
  },
  spec: { containers: [{ name: 'app', image, ports: [{ name: 'http', containerPort: 8080 }] }] },
});

export const deploymentOf = (app: App) => ({
  ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: app.name ?? 'web', annotations: { team: 'blue' } } },
  spec: { replicas: app.replicas ?? 2, selector: { matchLabels: { app: app.name ?? 'web' } }, template: templateOf(app), ...app.spec },
});

/** One namespace of a cluster. */
export class Cluster {
  readonly ask: Ask;
  readonly under: ClusterUnderTest;

  constructor(under: ClusterUnderTest, namespace: string) {
    this.under = under;
    this.ask = new Ask(under, namespace);
  }

  path(resource: string, name?: string): string {
    const root =
      { deployments: '/apis/apps/v1', replicasets: '/apis/apps/v1', endpointslices: '/apis/discovery.k8s.io/v1' }[resource] ?? '/api/v1';
    return `${root}/namespaces/${this.ask.namespace}/${resource}${name === undefined ? '' : `/${name}`}`;
  }

  async deploy(app: App): Promise<void> {
    await this.ask.made(this.path('deployments'), deploymentOf(app));
  }
  async service(selector: Doc, more: Doc = {}): Promise<void> {
    const spec = { selector, ports: [{ name: 'http', port: 80, targetPort: 'http' }] };
    await this.ask.made(this.path('services'), { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', ...more }, spec });
  }
  async patch(resource: string, name: string, body: unknown): Promise<void> {
    const { status } = await this.ask.patch(this.path(resource, name), body);
    if (status !== 200) throw new Error(`PATCH of ${resource} ${name}: ${status}`);
  }
  /** Changes the behaviour of a running pod. */
  behave(pod: string, behaviour: Readonly<Record<string, string | null>>): Promise<void> {
    const annotations = Object.fromEntries(Object.entries(behaviour).map(([key, value]) => [`bed.sluice.dev/${key}`, value]));
    return this.patch('pods', pod, { metadata: { annotations } });
  }

  deployment(name = 'web'): Promise<Doc> {
    return this.ask.read(this.path('deployments', name));
  }
  async list(resource: string): Promise<readonly Doc[]> {
    const items = listAt(await this.ask.read(this.path(resource)), 'items');
    return items.toSorted((left, right) => (textAt(left, 'metadata.name') < textAt(right, 'metadata.name') ? -1 : 1));
  }
  /** ReplicaSets by the image of their pods. */
  async replicaSets(): Promise<Readonly<Record<string, Doc>>> {
    const all = await this.list('replicasets');
    return Object.fromEntries(all.map((set) => [textAt(set, 'spec.template.spec.containers.0.image'), set]));
  }
  async endpoints(): Promise<readonly Doc[]> {
    return (await this.list('endpointslices')).flatMap((slice) => listAt(slice, 'endpoints'));
  }

  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    await this.under.eventually(what, holds);
  }
  /** All replicas are of the present template, and available. */
  async rolledOut(name = 'web'): Promise<Doc> {
    await this.until(`${name} rolled out`, async () => isRolledOut(await this.deployment(name)));
    return this.deployment(name);
  }
  async condition(type: string, name = 'web'): Promise<Doc | undefined> {
    return conditionOf(await this.deployment(name), type);
  }
}

const countAt = (object: Doc, path: string): number => Number(at(object, path) ?? 0);

function isRolledOut(object: Doc): boolean {
  const wanted = countAt(object, 'spec.replicas');
  const isSeen = countAt(object, 'status.observedGeneration') >= countAt(object, 'metadata.generation');
  return isSeen && ['replicas', 'updatedReplicas', 'availableReplicas'].every((count) => countAt(object, `status.${count}`) === wanted);
}

export const conditionOf = (object: Doc, type: string): Doc | undefined =>
  listAt(object, 'status.conditions').find((each) => each.type === type);
