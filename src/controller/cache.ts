import type { FieldError } from '../api/index.ts';
import {
  analysisRuns,
  analysisTemplates,
  clusterAnalysisTemplates,
  decodeAnalysisTemplate,
  decodeClusterAnalysisTemplate,
  labels,
  rollouts,
} from '../api/index.ts';
import type { AnalysisTemplateSpec } from '../core/analysis/index.ts';
import { rolloutLabelValue } from '../core/names.ts';
import { rootCaName } from '../core/revision.ts';
import type { Change, Contact, KubeClient, KubeObject, Resource, Selection, Versioned } from '../kube/index.ts';
import { keyOf, Reflector, Store } from '../kube/index.ts';
import type { Clock, Logger, Random, Result } from '../lib/index.ts';
import { ok } from '../lib/index.ts';
import { thing } from './dependencies.ts';
import { rolloutSpecs, UserTemplates } from './read-before.ts';
import type { ConfigRecord, DeploymentRecord, EndpointsRecord, RolloutRecord, ServiceRecord } from './records.ts';
import { projectConfig, projectDeployment, projectEndpoints, projectRollout, projectService } from './records.ts';
import type { Refusals } from './refusals.ts';
import { configMaps, deployments, endpointSlices, services } from './resources.ts';
import type { RunRecord } from './run-records.ts';
import { projectRun } from './run-records.ts';
import type { Settling } from './settling.ts';

export interface TemplateRecord extends Versioned {
  readonly decoded: Result<AnalysisTemplateSpec, readonly FieldError[]>;
}

export interface CacheOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly refusals: Refusals;
  readonly contact: Contact;
  readonly settling: Settling;
  /** Empty: all namespaces. */
  readonly namespaces: readonly string[];
  /** Things that changed, to be looked up in the Dependencies. */
  readonly onThings: (things: readonly string[]) => void;
  /** A Deployment that may be a mesh's has come or gone. */
  readonly onMeshSign: () => void;
  readonly onRollout: (change: Change<RolloutRecord>) => void;
  readonly onRun: (change: Change<RunRecord>) => void;
}

type Watched<T extends Versioned> = { readonly store: Store<T>; readonly reflectors: readonly Reflector<T>[] };

/** What health and absorption need of a reflector, whatever it keeps. */
type AnyReflector = Pick<Reflector<never>, 'resource' | 'run' | 'synced' | 'hasSynced' | 'absorb' | 'health'>;

/** The controller's view of the cluster: one projected, indexed store a kind, fed by one watch each (one a namespace, where those are limited). */
export class Cache {
  readonly rollouts: Store<RolloutRecord>;
  readonly deployments: Store<DeploymentRecord>;
  readonly services: Store<ServiceRecord>;
  readonly endpoints: Store<EndpointsRecord>;
  readonly configs: Store<ConfigRecord>;
  readonly runs: Store<RunRecord>;
  readonly templates: Store<TemplateRecord>;
  readonly clusterTemplates: Store<TemplateRecord>;
  /** Every kind that is watched, ours and Kubernetes' own: no decision without them. */
  readonly resources: readonly Resource[];
  readonly #watched: Readonly<Record<string, { readonly reflectors: readonly AnyReflector[] }>>;
  readonly #options: CacheOptions;
  #isSynced = false;

  constructor(options: CacheOptions) {
    this.#options = options;
    const { onThings, onRollout, onRun } = options;
    const { interner } = options.settling;
    const specOf = rolloutSpecs();
    const userTemplates = new UserTemplates();
    const claims = ({ namespace, service, workload }: RolloutRecord) => [
      thing.claim(namespace, service),
      ...(workload === undefined ? [] : [thing.deployment(namespace, workload)]),
    ];
    const rolloutsWatch = this.#watch<RolloutRecord>(
      rollouts,
      (object) => projectRollout(object, interner, specOf),
      (change) => {
        onRollout(change);
        onThings([
          ...(change.before === undefined ? [] : claims(change.before)),
          ...(change.after === undefined ? [] : claims(change.after)),
        ]);
      },
      {
        service: (record) => [`${record.namespace}/${record.service}`],
        workload: (record) => (record.workload === undefined ? [] : [`${record.namespace}/${record.workload}`]),
      },
    );
    const deploymentsWatch = this.#watch<DeploymentRecord>(
      deployments,
      (object) => projectDeployment(object, interner, userTemplates),
      ({ before, after }) => {
        onThings(marked(thing.deployment, before, after));
        if ((before?.meshLabels === undefined) !== (after?.meshLabels === undefined)) options.onMeshSign();
      },
      byMark,
      {},
    );
    const servicesWatch = this.#watch<ServiceRecord>(
      services,
      (object) => projectService(object, interner),
      ({ before, after }) => onThings(marked(thing.service, before, after)),
      byMark,
      {},
    );
    const endpointsWatch = this.#watch<EndpointsRecord>(
      endpointSlices,
      (object) => projectEndpoints(object, interner),
      ({ before, after }) => {
        const record = after ?? before;
        if (record !== undefined && before?.ready !== after?.ready) onThings([thing.ours(record.namespace, record.rollout)]);
      },
      { service: (record) => [`${record.namespace}/${record.service}`] },
      { labelSelector: labels.rollout },
    );
    const configsWatch = this.#watch<ConfigRecord>(
      configMaps,
      projectConfig,
      (change) => {
        const { namespace, name } = split(change.key);
        if (change.before?.hash !== change.after?.hash) onThings([thing.config('ConfigMap', namespace, name)]);
      },
      {},
      { fieldSelector: `metadata.name!=${rootCaName}` },
    );
    const runsWatch = this.#watch<RunRecord>(
      analysisRuns,
      (object) => interner.compact(projectRun(object)),
      (change) => {
        onRun(change);
        const record = change.after ?? change.before;
        if (record?.rolloutName !== undefined) onThings([thing.ours(record.namespace, rolloutLabelValue(record.rolloutName))]);
      },
      { rollout: (record) => (record.rolloutUid === undefined ? [] : [record.rolloutUid]) },
    );
    const templatesWatch = this.#watch<TemplateRecord>(
      analysisTemplates,
      (object) => projectTemplate(object, decodeAnalysisTemplate(object)),
      ({ key }) => onThings([thing.template(split(key).namespace, split(key).name)]),
    );
    this.clusterTemplates = new Store<TemplateRecord>();
    const clusterTemplates = this.#reflector<TemplateRecord>(
      clusterAnalysisTemplates,
      (object) => projectTemplate(object, decodeClusterAnalysisTemplate(object)),
      ({ key }) => onThings([thing.template('', key)]),
      this.clusterTemplates,
      {},
    );
    this.rollouts = rolloutsWatch.store;
    this.deployments = deploymentsWatch.store;
    this.services = servicesWatch.store;
    this.endpoints = endpointsWatch.store;
    this.configs = configsWatch.store;
    this.runs = runsWatch.store;
    this.templates = templatesWatch.store;
    this.#watched = {
      rollouts: rolloutsWatch,
      deployments: deploymentsWatch,
      services: servicesWatch,
      endpointslices: endpointsWatch,
      configmaps: configsWatch,
      analysisruns: runsWatch,
      analysistemplates: templatesWatch,
      clusteranalysistemplates: { reflectors: [clusterTemplates] },
    };
    this.resources = [...new Set(Object.values(this.reflectors).map(({ resource }) => resource))];
  }

  /** By name, for health. */
  get reflectors(): Readonly<Record<string, AnyReflector>> {
    const named = Object.entries(this.#watched).flatMap(([name, { reflectors }]) =>
      reflectors.map((reflector, index) => [index === 0 ? name : `${name}-${index}`, reflector] as const),
    );
    return Object.fromEntries(named);
  }

  get isSynced(): boolean {
    this.#isSynced ||= Object.values(this.reflectors).every(({ hasSynced }) => hasSynced);
    return this.#isSynced;
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(Object.values(this.reflectors).map((reflector) => reflector.run(signal)));
  }

  async synced(): Promise<void> {
    await Promise.all(Object.values(this.reflectors).map((reflector) => reflector.synced));
  }

  /** Rollouts can be read, and something else may not be: all that can be done is to say so. */
  async refused(): Promise<void> {
    const ofRollouts = this.#watched.rollouts?.reflectors ?? [];
    await Promise.all([this.#options.refusals.first, ...ofRollouts.map((reflector) => reflector.synced)]);
  }

  /** Feeds the answer to one of our own writes, or what was read past the watch, into its store, so that the next observation sees it. */
  absorb(resource: Resource, object: KubeObject, asOf?: string): void {
    const watched = this.#watched[resource.plural];
    for (const reflector of watched?.reflectors ?? []) reflector.absorb(object, asOf);
  }

  #watch<T extends Versioned>(
    resource: Resource,
    project: (object: KubeObject) => T | undefined,
    onChange: (change: Change<T>) => void,
    indexes: Readonly<Record<string, (value: T) => readonly string[]>> = {},
    selection: Selection = {},
  ): Watched<T> {
    const store = new Store<T>({ indexes });
    const { namespaces } = this.#options;
    const scopes = namespaces.length === 0 ? [undefined] : namespaces;
    return {
      store,
      reflectors: scopes.map((namespace) => this.#reflector(resource, project, onChange, store, { ...selection, namespace })),
    };
  }

  #reflector<T extends Versioned>(
    resource: Resource,
    project: (object: KubeObject) => T | undefined,
    onChange: (change: Change<T>) => void,
    store: Store<T>,
    selection: Selection,
  ): Reflector<T> {
    const { client, clock, random, log, contact, refusals, settling } = this.#options;
    const listening = { onChange, onHealth: refusals.listener(resource, selection.namespace), onListed: () => settling.listed() };
    const shared = { client, clock, random, log, contact, texts: settling.interner };
    return new Reflector<T>({ ...shared, resource, ...selection, project, store, ...listening });
  }
}

const byMark = {
  owner: ({ mark }: { mark: DeploymentRecord['mark'] }) => (mark?.ownerUid === undefined ? [] : [mark.ownerUid]),
};

type Marked = { readonly namespace: string; readonly name: string; readonly mark: DeploymentRecord['mark'] };

function marked(nameOf: (namespace: string, name: string) => string, ...records: readonly (Marked | undefined)[]): readonly string[] {
  const known = records.filter((record) => record !== undefined);
  return [
    ...new Set(
      known.flatMap((record) => [
        nameOf(record.namespace, record.name),
        ...(record.mark === undefined ? [] : [thing.ours(record.namespace, record.mark.rollout)]),
      ]),
    ),
  ];
}

function projectTemplate(
  { metadata }: KubeObject,
  decoded: Result<{ readonly spec: AnalysisTemplateSpec }, readonly FieldError[]>,
): TemplateRecord {
  const { uid, resourceVersion } = metadata;
  return { uid, resourceVersion, decoded: decoded.ok ? ok(decoded.value.spec) : decoded };
}

const split = (key: string): { namespace: string; name: string } => {
  const slash = key.indexOf('/');
  return slash < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
};

export const keyFor = (namespace: string, name: string): string => keyOf({ namespace, name });
