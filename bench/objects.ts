// Objects as the real API server stores them, managedFields included, taken from one Rollout after a promotion; and ten thousand like them.

import { templateHashOf } from '../src/core/objects/index.ts';
import { deployment, service } from '../test/cluster/kit/apps.ts';
import type { KubeObject } from '../test/cluster/kit/client.ts';
import { startController } from '../test/cluster/kit/controller.ts';
import { inform } from '../test/cluster/kit/informer.ts';
import { sleep, waitFor } from '../test/cluster/kit/wait.ts';
import type { Rollout } from '../test/cluster/support/rollouts.ts';
import { rollout } from '../test/cluster/support/rollouts.ts';
import type { Bare } from './bare.ts';
import { makeNamespace, plainTraffic } from './fleet.ts';
import { say } from './report.ts';

/** Plain data, so that another process can be given it. */
export interface Specimens {
  /** The answer of `/apis`. */
  readonly groups: string;
  readonly splitCrd: string;
  readonly crds: readonly string[];
  /** By path of the collection: the objects of one Rollout. */
  readonly collections: Readonly<Record<string, readonly string[]>>;
  /** Old and present revision, and the template that the latter is the hash of. */
  readonly hashes: readonly [string, string];
  readonly template: Readonly<Record<string, unknown>>;
}

const namespace = 'specimen-namespace';
const name = 'specimen-name';
const images = ['example/app:1', 'example/app:2'] as const;
const collections = [
  '/apis/sluice.dev/v1alpha1/rollouts',
  '/apis/split.smi-spec.io/v1alpha4/trafficsplits',
  '/apis/apps/v1/deployments',
  '/api/v1/services',
  '/apis/discovery.k8s.io/v1/endpointslices',
];

export async function capture({ admin, info }: Bare): Promise<Specimens> {
  say('specimens: one Rollout, adopted and promoted');
  await makeNamespace(admin, namespace);
  const controller = await startController(admin, info, namespace);
  await controller.only.waitReady();
  const informer = inform<Rollout>(admin, `/apis/sluice.dev/v1alpha1/namespaces/${namespace}/rollouts`, () => {});
  const until = (what: string, is: (it: Rollout) => boolean) =>
    waitFor(`the specimen ${what}`, () => [...informer.items.values()].some(is));
  await admin.apply(workload(images[0], 2), { manager: 'user' });
  await admin.apply(service(namespace, name, { app: 'demo' }), { manager: 'user' });
  await admin.apply(rollout(namespace, { name, steps: [{ setWeight: 50 }], traffic: plainTraffic }), { manager: 'user' });
  await until('adopted', ({ status }) => status?.phase === 'Healthy');
  await admin.apply(workload(images[1]), { manager: 'user' });
  await until('promoted', ({ status }) => status?.phase === 'Healthy' && status.history?.length === 1);
  await sleep(9_000);
  informer.stop();
  await controller.stop();
  const taken = await Promise.all(collections.map(async (path) => [path, await textsOf(admin, path)] as const));
  const stored = Object.fromEntries(taken);
  const crds = await admin.list<KubeObject>('/apis/apiextensions.k8s.io/v1/customresourcedefinitions');
  const splitCrd = crds.items.find(({ metadata }) => metadata.name === 'trafficsplits.split.smi-spec.io');
  const present = JSON.parse(stored[collections[0] ?? '']?.[0] ?? '{}') as Rollout;
  const template = templateIn(stored[collections[2] ?? ''] ?? []);
  return {
    groups: JSON.stringify(await admin.get('/apis')),
    splitCrd: JSON.stringify(splitCrd),
    crds: crds.items.map(({ metadata }) => JSON.stringify({ apiVersion: 'meta.k8s.io/v1', kind: 'PartialObjectMetadata', metadata })),
    collections: stored,
    hashes: [templateHashOf(withImage(template, images[1], images[0])), present.status?.stableRevision ?? ''],
    template,
  };
}

async function textsOf(admin: Bare['admin'], path: string): Promise<readonly string[]> {
  const cut = path.lastIndexOf('/');
  const { items } = await admin.list<KubeObject>(`${path.slice(0, cut)}/namespaces/${namespace}${path.slice(cut)}`);
  const kinds = {
    rollouts: 'Rollout',
    trafficsplits: 'TrafficSplit',
    deployments: 'Deployment',
    services: 'Service',
    endpointslices: 'EndpointSlice',
  };
  const kind = Object.entries(kinds).find(([plural]) => path.endsWith(`/${plural}`))?.[1];
  const apiVersion = path.slice(0, cut).replace(/^\/apis?\//, '');
  return items.map((item) => JSON.stringify({ kind, apiVersion, ...item }));
}

/** A template of ordinary size. The label is not the name, so that the name can be replaced without changing the revision. */
function workload(image: string, replicas?: number): KubeObject & { spec: object } {
  const plain = deployment(namespace, { name, image, labels: { app: 'demo' }, ...(replicas === undefined ? {} : { replicas }) });
  const probe = { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 5, timeoutSeconds: 2 };
  const env = ['LOG_LEVEL', 'REGION', 'DATABASE_HOST', 'DATABASE_NAME', 'CACHE_URL', 'QUEUE_URL', 'FEATURE_FLAGS'].map((variable) => ({
    name: variable,
    value: `${variable.toLowerCase()}.internal.example.com`,
  }));
  const [container] = (plain.spec.template.spec as { containers: readonly object[] }).containers;
  const containers = [
    { ...container, env, readinessProbe: probe, livenessProbe: probe, volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }] },
  ];
  const podSpec = { ...plain.spec.template.spec, containers, volumes: [{ name: 'tmp', emptyDir: {} }], terminationGracePeriodSeconds: 45 };
  return { ...plain, spec: { ...plain.spec, template: { ...plain.spec.template, spec: podSpec } } };
}

function templateIn(deployments: readonly string[]): Readonly<Record<string, unknown>> {
  const parsed = deployments.map((text) => JSON.parse(text) as { metadata: { name: string }; spec: { template: Record<string, unknown> } });
  return parsed.find(({ metadata }) => metadata.name === name)?.spec.template ?? {};
}

export const withImage = (template: Readonly<Record<string, unknown>>, from: string, to: string): Readonly<Record<string, unknown>> =>
  JSON.parse(JSON.stringify(template).replaceAll(`"${from}"`, `"${to}"`)) as Record<string, unknown>;

/** Every object of one Rollout, as text, made from the specimens: another name, namespace, UID, time, image and so another revision. */
export class Herd {
  readonly #parts: Readonly<Record<string, readonly (readonly string[])[]>>;
  readonly #hashes: readonly (readonly [string, string])[];

  constructor({ collections: stored, hashes, template }: Specimens, size: number) {
    const text = Object.values(stored).flat().join('');
    const uids = [...new Set(text.match(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g))];
    const times = [...new Set(text.match(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g))];
    const words = [namespace, name, ...images, ...hashes, ...uids, ...times.map((time) => time.replace('.', '\\.'))].join('|');
    const tokens = new RegExp(`(${words}|"resourceVersion":"\\d+")`);
    this.#parts = Object.fromEntries(
      Object.entries(stored).map(([path, objects]) => [path, objects.map((object) => object.split(tokens))]),
    );
    this.#hashes = Array.from({ length: size }, (_, at) => [hashAt(template, images[0], at), hashAt(template, images[1], at)] as const);
    this.#isToken = new Map([
      [namespace, (at) => `team-${at % 500}`],
      [name, (at) => `service-${String(at).padStart(5, '0')}`],
      ...images.map((image) => [image, (at: number) => `${image}.${at}`] as const),
      ...hashes.map((hash, which) => [hash, (at: number) => this.#hashes[at]?.[which] ?? ''] as const),
      ...times.map((time) => [time, (at: number) => earlierBy(time, at)] as const),
      ...uids.map((uid) => [uid, (at: number) => `${uid.slice(0, 24)}${at.toString(16).padStart(12, '0')}`] as const),
    ]);
  }

  readonly #isToken: ReadonlyMap<string, (at: number) => string>;

  get paths(): readonly string[] {
    return Object.keys(this.#parts);
  }

  /** The objects of one Rollout in one collection. */
  of(path: string, at: number): readonly string[] {
    return (this.#parts[path] ?? []).map((parts, which) => parts.map((part, position) => this.#fill(part, position, at, which)).join(''));
  }

  // `split` with one group gives text and token in turn.
  #fill(part: string, position: number, at: number, which: number): string {
    if (position % 2 === 0) return part;
    return this.#isToken.get(part)?.(at) ?? `"resourceVersion":"${1_000_000 + at * 10 + which}"`;
  }
}

/** Each Rollout was made, promoted and written at a time of its own, with the seconds or milliseconds that it had. */
function earlierBy(time: string, at: number): string {
  const moved = new Date(Date.parse(time) - at * 61_007).toISOString();
  return time.includes('.') ? moved : moved.replace(/\.\d+/, '');
}

const hashAt = (template: Readonly<Record<string, unknown>>, image: string, at: number): string =>
  templateHashOf(withImage(template, images[1], `${image}.${at}`));
