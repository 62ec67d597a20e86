import type { Random } from '../../../src/lib/index.ts';
import { denied } from '../../../src/sandbox/admission.ts';
import { type ApiObject, type ApiRequest, troubles } from '../../../src/sandbox/api/index.ts';
import { resources, splitsOf } from '../../../src/sandbox/objects/index.ts';
import type { PlannedFault } from '../play/plan.ts';
import type { Fault, Run } from '../play/run.ts';
import { rolloutOf, rollouts } from '../play/settled.ts';
import { atAnyTime, between, drawn, during, numberOf, onceStruck, oneOf, textOf } from './kit.ts';
import { at, createAs, deleteAs, patchAs, revisionName, rolloutRef, splitVersion, workloadOf } from './target.ts';

type Flags = Pick<Fault, 'mayAbort' | 'mayLose' | 'mayTurn'>;

/** F15: somebody else at work for a while. `begin` gives what ends and undoes it, or nothing where there was nothing to strike. */
const writer = (
  name: string,
  text: string,
  begin: (run: Run, planned: PlannedFault) => (() => void) | undefined,
  { with: given = () => ({}), ...flags }: Flags & { readonly with?: (random: Random) => object } = {},
): Fault => ({
  ...{ name, kind: 'F15', text, ...flags },
  draw: (random, size) => ({ at: atAnyTime(random, size), with: { forMs: between(random, 10_000, 120_000), ...given(random) } }),
  arm(planned, run) {
    during(planned, run, () => {
      const end = begin(run, planned);
      if (end !== undefined) run.struck(planned);
      return end;
    });
  },
});

const nothingToUndo = () => {};

const split = (run: Run) => ({ resource: splitsOf(splitVersion), ref: at(run, run.subject.service) });

interface SplitSpec {
  readonly service: string;
  readonly backends: readonly { readonly service: string; readonly weight: number }[];
}

const splitSpecOf = (run: Run): SplitSpec | undefined => {
  const { resource, ref } = split(run);
  return run.sandbox.client.get(resource, ref)?.spec as SplitSpec | undefined;
};

type Deleted = { readonly resource: Parameters<typeof deleteAs>[2]; readonly name: string | undefined };

/** What the collector, or a hand, may take away. */
const deletable: Readonly<Record<string, (run: Run) => Deleted>> = {
  split: (run) => ({ resource: splitsOf(splitVersion), name: run.subject.service }),
  canaryService: (run) => ({ resource: resources.services, name: revisionName(run, 'canary') }),
  canaryDeployment: (run) => ({ resource: resources.deployments, name: revisionName(run, 'canary') }),
  stableService: (run) => ({ resource: resources.services, name: revisionName(run, 'stable') }),
  stableDeployment: (run) => ({ resource: resources.deployments, name: revisionName(run, 'stable') }),
};

function deletes(run: Run, planned: PlannedFault, otherwise: string): (() => void) | undefined {
  const { resource, name } = deletable[textOf(planned, 'what', otherwise)]?.(run) ?? {};
  if (resource === undefined || name === undefined) return undefined;
  const ref = at(run, name);
  const deleted = run.sandbox.client.get(resource, ref);
  if (deleted === undefined || !deleteAs(run, 'generic-garbage-collector', resource, ref)) return undefined;
  // A template that was nowhere else, nobody can make again: in the end it comes back from a backup, with its owner if that is still there.
  return resource === resources.deployments ? () => restore(run, resource, deleted) : nothingToUndo;
}

function restore(run: Run, resource: Deleted['resource'], { apiVersion, kind, metadata, spec }: ApiObject): void {
  const { name, namespace, labels, annotations, ownerReferences = [] } = metadata;
  const uid = rolloutOf(run)?.metadata.uid;
  if (!ownerReferences.some((owner) => owner.uid === uid)) return;
  createAs(run, 'velero', resource, { apiVersion, kind, metadata: { name, namespace, labels, annotations, ownerReferences }, spec } as {
    metadata: { namespace?: string };
  });
}

const deniable = ['deployments', 'services', 'trafficsplits', 'rollouts', 'status', 'analysisruns', 'leases'] as const;

/** Writes of the controller to one kind; `status` is that of Rollouts. */
const isWriteTo = (what: string, { path, headers }: ApiRequest): boolean => {
  if (headers?.['user-agent']?.startsWith('sluice/') !== true) return false;
  return what === 'status' ? /\/rollouts\/[^/]+\/status$/.test(path) : new RegExp(`/${what}(/[^/]+)?$`).test(path);
};

/** F15, while the webhook is there. It counts once it has had something to say. */
const webhook = (
  name: string,
  text: string,
  answer: (request: ApiRequest, planned: PlannedFault) => ApiRequest | ReturnType<typeof denied> | undefined,
  given: (random: Random) => NonNullable<PlannedFault['with']>,
): Fault => ({
  ...{ name, kind: 'F15', text },
  draw: (random, size) => ({ at: atAnyTime(random, size), with: { forMs: between(random, 5_000, 60_000), ...given(random) } }),
  arm(planned, run) {
    during(planned, run, () => {
      const hit = onceStruck(planned, run);
      return run.sandbox.faults.admit((request) => {
        const result = answer(request, planned);
        if (result !== undefined) hit();
        return result;
      });
    });
  },
});

type Draft = Readonly<Record<string, unknown>> & {
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly spec?: Readonly<Record<string, unknown>> & {
    readonly template?: { readonly spec?: { readonly containers?: readonly object[] } };
  };
};

function mutated(request: ApiRequest, how: string): ApiRequest | undefined {
  if (request.method === 'DELETE' || !['deployments', 'services', 'trafficsplits'].some((what) => isWriteTo(what, request)))
    return undefined;
  const body = (typeof request.body === 'string' ? JSON.parse(request.body) : request.body) as Draft;
  if (how === 'label')
    return { ...request, body: { ...body, metadata: { ...body.metadata, labels: { ...asObject(body.metadata?.labels), team: 'shop' } } } };
  const template = body.spec?.template;
  if (template === undefined) return undefined;
  const containers = [...(template.spec?.containers ?? []), { name: 'injected', image: 'proxy:1' }];
  return { ...request, body: { ...body, spec: { ...body.spec, template: { ...template, spec: { ...template.spec, containers } } } } };
}

const asObject = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {});

/** Whoever reads why the deletion waits takes it out of Git. */
function prune(run: Run): void {
  const { resource, ref } = split(run);
  const isOurs = (run.sandbox.client.get(resource, ref)?.metadata.ownerReferences ?? []).length > 0;
  const isKept = rolloutOf(run)?.metadata.deletionTimestamp === undefined && rolloutOf(run) !== undefined;
  if (!isOurs && !isKept) run.sandbox.client.delete(resource, ref);
}

export const writerFaults: readonly Fault[] = [
  writer(
    'hpa-scales',
    'an autoscaler changes the number of pods by /scale',
    (run, planned) => {
      const before = rolloutOf(run)?.spec.replicas;
      const set = (replicas: unknown) =>
        patchAs(run, 'horizontal-pod-autoscaler', {
          resource: rollouts,
          ref: rolloutRef(run),
          body: { spec: { replicas } },
          subresource: 'scale',
        });
      return typeof before === 'number' && set(numberOf(planned, 'replicas', 6)) ? () => void set(before) : undefined;
    },
    { with: (random) => ({ replicas: between(random, 1, 8) }) },
  ),
  writer(
    'gitops-spec',
    'a GitOps tool applies the Rollout as it was every few seconds, but for spec.paused, which is not in Git: people set it by hand, and take it back',
    (run, planned) => {
      const rollout = rolloutOf(run);
      if (rollout === undefined) return undefined;
      const { namespace, name } = rolloutRef(run);
      const { paused: _, ...spec } = rollout.spec;
      const object = { apiVersion: rollout.apiVersion, kind: 'Rollout', metadata: { namespace, name }, spec };
      return run.sandbox.faults.keepApplied(rollouts, object, numberOf(planned, 'everyMs', 10_000));
    },
    { with: (random) => ({ everyMs: between(random, 3_000, 30_000) }) },
  ),
  writer(
    'gitops-weights',
    'a GitOps tool puts the weights of the split back to what they were, every few seconds; where it has made one of a Rollout that goes, it is pruned in the end',
    (run, planned) => {
      const spec = splitSpecOf(run);
      if (spec === undefined) return undefined;
      const { resource, ref } = split(run);
      const object = { apiVersion: `${resource.group}/${resource.version}`, kind: resource.kind, metadata: ref, spec };
      const end = run.sandbox.faults.keepApplied(resource, object, numberOf(planned, 'everyMs', 20_000));
      return () => {
        end();
        prune(run);
      };
    },
    { mayAbort: true, mayLose: true, with: (random) => ({ everyMs: between(random, 3_000, 60_000) }) },
  ),
  writer(
    'gitops-workload',
    'a GitOps tool gives the workload its replicas back, and unpauses it, every few seconds',
    (run, planned) => {
      const workload = workloadOf(run);
      if (workload === undefined) return undefined;
      const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: at(run, workload), spec: { replicas: 3, paused: false } };
      return run.sandbox.faults.keepApplied(resources.deployments, object, numberOf(planned, 'everyMs', 20_000));
    },
    { with: (random) => ({ everyMs: between(random, 3_000, 60_000) }) },
  ),
  writer(
    'split-edited',
    'somebody edits the weights of the split, once or a few times',
    (run, planned) => {
      const backends = splitSpecOf(run)?.backends ?? [];
      if (backends.length === 0) return undefined;
      const first = numberOf(planned, 'weight', 50);
      const edit = () => {
        const names = splitSpecOf(run)?.backends.map(({ service }) => service) ?? [];
        const weights = Object.fromEntries(
          names.map((name, index) => [name, index === 0 ? first : (100 - first) / Math.max(1, names.length - 1)]),
        );
        return run.sandbox.faults.editSplit(splitVersion, split(run).ref, weights);
      };
      if (!edit()) return undefined;
      for (let count = 1; count < numberOf(planned, 'times', 1); count++)
        run.at(run.elapsedMs() + count * 7_000, () => {
          if (!run.isHealed) edit();
        });
      return nothingToUndo;
    },
    { mayAbort: true, mayLose: true, with: (random) => ({ weight: drawn(random, 101), times: between(random, 1, 5) }) },
  ),
  writer('second-rollout', 'a second Rollout claims the same Service and workload', (run) => {
    const rollout = rolloutOf(run);
    if (rollout === undefined) return undefined;
    const metadata = { namespace: run.subject.namespace, name: 'second' };
    if (!createAs(run, 'kubectl', rollouts, { ...{ apiVersion: rollout.apiVersion, kind: 'Rollout', spec: rollout.spec }, metadata }))
      return undefined;
    return () => void deleteAs(run, 'kubectl', rollouts, metadata);
  }),
  writer('gc-deletes', 'the split, or what belongs to the canary, is deleted', (run, planned) => deletes(run, planned, 'split'), {
    ...{ mayAbort: true, mayLose: true },
    with: (random) => ({ what: oneOf(random, ['split', 'canaryService', 'canaryDeployment']) }),
  }),
  writer(
    'gc-deletes-stable',
    'the Service or the Deployment of the stable revision is deleted',
    (run, planned) => deletes(run, planned, 'stableService'),
    {
      ...{ mayAbort: true, mayLose: true },
      with: (random) => ({ what: oneOf(random, ['stableService', 'stableDeployment']) }),
    },
  ),
  webhook(
    'admission-denies',
    'an admission webhook denies what the controller writes to one kind, or cannot be reached',
    (request, planned) => {
      if (!isWriteTo(textOf(planned, 'what', 'deployments'), request)) return undefined;
      return planned.with?.isDown === true
        ? troubles.internal('Internal error occurred: failed calling webhook "policy.example": context deadline exceeded')
        : denied('admission webhook "policy.example" denied the request: not now');
    },
    (random) => ({ what: oneOf(random, deniable), isDown: random.next() < 0.5 }),
  ),
  webhook(
    'admission-mutates',
    'an admission webhook changes what the controller writes: a label more, or a container in each Deployment',
    (request, planned) => mutated(request, textOf(planned, 'how', 'label')),
    (random) => ({ how: oneOf(random, ['label', 'container']) }),
  ),
];
