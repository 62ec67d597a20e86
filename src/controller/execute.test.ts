import { describe, expect, test } from 'vitest';
import { aWorld, canaryRevision, decisionWith, stableRevision } from '../../test/support/worlds.ts';
import { analysisTemplateSpecSchema } from '../core/analysis/index.ts';
import type { Effect, Plan } from '../core/index.ts';
import type { DecisionView } from '../core/world.ts';
import type { KubeClient, KubeFailure, KubeObject, PatchOptions, Resource } from '../kube/index.ts';
import { fail, ok, VirtualClock } from '../lib/index.ts';
import type { RouterTarget } from '../traffic/index.ts';
import type { Cache } from './cache.ts';
import { execute } from './execute.ts';

interface Sent {
  readonly call: string;
  readonly body: Record<string, unknown>;
  readonly priority: string;
}

/** The port to the API server: answers every write, and remembers it. `refuse` names the calls that fail. */
function aServer(refuse: Readonly<Record<string, KubeFailure['kind']>> = {}) {
  const sent: Sent[] = [];
  let version = 100;
  const answer = (call: string, body: object, priority = 'normal') => {
    sent.push({ call, body: body as Record<string, unknown>, priority });
    const kind = refuse[call];
    version += 1;
    if (kind !== undefined) return Promise.resolve(fail({ kind, message: kind }));
    return Promise.resolve(ok<KubeObject>({ metadata: { name: 'web', namespace: 'shop', uid: 'u', resourceVersion: String(version) } }));
  };
  const client = {
    patch: (resource: Resource, _ref: unknown, body: object, options: PatchOptions) =>
      answer(`patch ${resource.plural}${options.subresource === undefined ? '' : `/${options.subresource}`}`, body, options.priority),
    create: (resource: Resource, _namespace: unknown, body: object, options: { priority?: string } = {}) =>
      answer(`create ${resource.plural}`, body, options.priority),
    get: (resource: Resource) => answer(`get ${resource.plural}`, {}),
    delete: (resource: Resource) => answer(`delete ${resource.plural}`, {}),
  } as unknown as KubeClient;
  return { client, sent, calls: () => sent.map(({ call }) => call) };
}

const target: RouterTarget = {
  provider: 'generic',
  resource: { group: 'split.smi-spec.io', version: 'v1alpha4', plural: 'trafficsplits', kind: 'TrafficSplit', namespaced: true },
  adapter: undefined,
  dialect: 'envoy',
  clusterDomain: 'cluster.local',
};

const world = aWorld().build();
const raise: Effect = {
  kind: 'writeSplit',
  split: {
    root: 'web',
    backends: [
      { service: `web-${canaryRevision}`, weight: 10 },
      { service: `web-${stableRevision}`, weight: 90 },
    ],
  },
  uid: 'split',
  resourceVersion: '5',
  isCut: false,
};
const scale: Effect = { kind: 'scaleDeployment', revision: stableRevision, replicas: 2, uid: 'd', resourceVersion: '6' };
const plan = (effects: readonly Effect[], message = 'next'): Plan => ({
  status: { ...world.rollout.status, message },
  effects,
  notices: [],
});

type Known = {
  readonly resourceVersion?: string;
  readonly runs?: readonly { readonly name: string; readonly phase: string; readonly of?: string }[];
  /** What every template says. */
  readonly template?: unknown;
  readonly decisions?: readonly DecisionView[];
};

/** What the stores say by the time of the effects. */
function aCache({ resourceVersion = '100', runs = [], template = { args: [], metrics: [] } }: Known = {}): Cache {
  const { uid } = world.rollout;
  const records = runs.map(({ name, phase, of = uid }) => ({ name, rolloutUid: of, decoded: ok({ status: { phase } }) }));
  return {
    rollouts: { get: () => ({ uid, resourceVersion }) },
    runs: {
      byIndex: (_: string, of: string) => records.filter(({ rolloutUid }) => rolloutUid === of),
      get: (key: string) => records.find(({ name }) => key.endsWith(`/${name}`)),
    },
    templates: { get: () => ({ decoded: ok(template) }) },
  } as unknown as Cache;
}

async function carryOut(next: Plan, server: ReturnType<typeof aServer>, known: Known = {}) {
  const { namespace, name, uid, resourceVersion } = world.rollout;
  const recorded: string[] = [];
  const onRecorded = () => recorded.push(...server.calls());
  const executors = {
    client: server.client,
    clock: new VirtualClock(),
    cache: aCache(known),
    decisions: { on: () => known.decisions ?? [] },
    absorb: () => {},
  };
  const result = await execute(
    next,
    { world, target, owner: { namespace, name, uid }, resourceVersion, onRecorded },
    executors,
    new AbortController().signal,
  );
  return { result, recorded };
}

const order = {
  name: 'web-1-bg',
  kind: 'Background' as const,
  step: undefined,
  revision: canaryRevision,
  stableRevision,
  attempt: 1,
  round: 1,
  templates: [],
  args: [],
};

describe('a plan is carried out', () => {
  test('status first, then the effects in their order', async () => {
    const server = aServer();
    const { result, recorded } = await carryOut(plan([raise, scale]), server);
    expect(result.ok).toBe(true);
    expect(server.calls()).toEqual(['patch rollouts/status', 'patch trafficsplits', 'patch deployments']);
    expect(recorded).toEqual(['patch rollouts/status']);
  });

  test('no effect happens where the status could not be recorded', async () => {
    const server = aServer({ 'patch rollouts/status': 'conflict' });
    const { result, recorded } = await carryOut(plan([raise]), server);
    expect(result).toMatchObject({ ok: false, failure: { kind: 'conflict' } });
    expect(server.calls()).toEqual(['patch rollouts/status']);
    expect(recorded).toEqual([]);
  });

  test('nothing follows an effect that met a newer object', async () => {
    const server = aServer({ 'patch trafficsplits': 'conflict' });
    const { result } = await carryOut(plan([raise, scale]), server);
    expect(result.ok).toBe(false);
    expect(server.calls()).toEqual(['patch rollouts/status', 'patch trafficsplits']);
  });

  test('every write carries the uid and the version that the decision was made on', async () => {
    const server = aServer();
    await carryOut(plan([raise, scale]), server);
    expect(server.sent.map(({ body }) => body.metadata)).toMatchObject([
      { uid: world.rollout.uid, resourceVersion: world.rollout.resourceVersion },
      { uid: 'split', resourceVersion: '5' },
      { uid: 'd', resourceVersion: '6' },
    ]);
  });

  test('a second write to the Rollout goes on from the version of the first', async () => {
    const server = aServer();
    await carryOut(plan([{ kind: 'claimRollout', replicas: 3 }]), server);
    expect(server.sent[1]).toMatchObject({ call: 'patch rollouts', body: { metadata: { resourceVersion: '101' }, spec: { replicas: 3 } } });
  });

  test('a cut, and the record of it, go before everything else', async () => {
    const server = aServer();
    await carryOut(plan([{ ...raise, isCut: true }, scale]), server);
    expect(server.sent.map(({ priority }) => priority)).toEqual(['cut', 'cut', 'normal']);
  });

  describe('a raise, with writes before it that took their time', () => {
    const run = { name: 'web-1-bg', phase: 'Failed' };
    test.each<[string, Known]>([
      ['a verdict against the canary has come in', { runs: [run] }],
      ['its AnalysisRun cannot be read any more', { runs: [{ ...run, phase: 'Error' }] }],
      ['somebody has changed the Rollout', { resourceVersion: '105' }],
      ['a person has stopped the release', { decisions: [decisionWith({ action: 'Abort' })] }],
    ])('is not written where %s', async (_, known) => {
      const server = aServer();
      const { result } = await carryOut(plan([scale, raise]), server, known);
      expect(result).toMatchObject({ ok: false, failure: { kind: 'conflict' } });
      expect(server.calls()).toEqual(['patch rollouts/status', 'patch deployments']);
    });
    test('a cut is', async () => {
      const server = aServer();
      const { result } = await carryOut(plan([{ ...raise, isCut: true }]), server, { runs: [run], resourceVersion: '105' });
      expect(result.ok).toBe(true);
      expect(server.calls()).toContain('patch trafficsplits');
    });
  });

  test.each([
    ['ours', { name: 'web-1-bg', phase: 'Running' }, true],
    ['somebody else’s', { name: 'web-1-bg', phase: 'Running', of: 'another' }, false],
  ])('an AnalysisRun that is there already and is %s', async (_, run, isDone) => {
    const server = aServer({ 'create analysisruns': 'alreadyExists' });
    const { result } = await carryOut(plan([{ kind: 'createRun', run: { ...order, name: run.name } }]), server, { runs: [run] });
    expect(result.ok).toBe(isDone);
  });

  test('an AnalysisRun takes its metrics and arguments along: what becomes of the template later is nothing to it', async () => {
    const server = aServer();
    const metric = {
      name: 'rate',
      interval: '30s',
      thresholdRange: { min: 0.99 },
      provider: { prometheus: { query: 'up > {{args.least}}' } },
    };
    const template = analysisTemplateSpecSchema.parse({ args: [{ name: 'least', value: '0' }], metrics: [metric] });
    const templates = [{ name: 'rate', clusterScope: false }];
    await carryOut(plan([{ kind: 'createRun', run: { ...order, templates } }]), server, { template });
    expect(server.sent.at(-1)).toMatchObject({
      call: 'create analysisruns',
      body: { spec: { metrics: [metric], args: [{ name: 'least', value: '0' }] } },
    });
    expect(JSON.stringify(server.sent.at(-1)?.body)).not.toContain('templates');
  });

  describe('the answer to a Decision', () => {
    const answer = (state: 'Accepted' | 'Rejected', isToBeOwned = true): Effect => ({
      ...{ kind: 'answerDecision', name: 'web-1', uid: 'of-decision', resourceVersion: '7', message: 'because', state, isToBeOwned },
    });
    test('comes after the record, with the owner first; the effects follow', async () => {
      const server = aServer();
      const { result } = await carryOut(plan([answer('Accepted'), raise]), server);
      expect(result.ok).toBe(true);
      expect(server.calls()).toEqual(['patch rollouts/status', 'patch decisions', 'patch decisions/status', 'patch trafficsplits']);
      expect(server.sent[1]?.body).toMatchObject({
        metadata: { uid: 'of-decision', resourceVersion: '7', ownerReferences: [{ kind: 'Rollout', uid: world.rollout.uid }] },
      });
      // The version that the owner was written with.
      expect(server.sent[2]?.body).toMatchObject({
        metadata: { resourceVersion: '102' },
        status: { state: 'Accepted', message: 'because' },
      });
    });
    test('is not given where nothing could be recorded', async () => {
      const server = aServer({ 'patch rollouts/status': 'conflict' });
      await carryOut(plan([answer('Accepted')]), server);
      expect(server.calls()).toEqual(['patch rollouts/status']);
    });
    test('that refuses it is given only by the Rollout as it is now', async () => {
      const unrecorded: Plan = { effects: [answer('Rejected', false)], notices: [] };
      const server = aServer();
      const { result } = await carryOut(unrecorded, server);
      expect([server.calls(), result.ok]).toEqual([['get rollouts'], false]);
      const current = { ...world, rollout: { ...world.rollout, resourceVersion: '101' } };
      const same = aServer();
      const executors = { client: same.client, clock: new VirtualClock(), cache: aCache(), decisions: { on: () => [] }, absorb: () => {} };
      const { namespace, name, uid } = world.rollout;
      const scene = { world: current, target, owner: { namespace, name, uid }, resourceVersion: '101' };
      await execute(unrecorded, scene, executors, new AbortController().signal);
      expect(same.calls()).toEqual(['get rollouts', 'patch decisions/status']);
    });
    test.each([
      ['conflict', true],
      ['notFound', true],
      ['forbidden', false],
    ] as const)('that meets %s holds nothing else up', async (kind, isOk) => {
      const server = aServer({ 'patch decisions/status': kind });
      const { result } = await carryOut(plan([answer('Accepted', false), raise]), server);
      expect(server.calls()).toContain('patch trafficsplits');
      expect(result.ok).toBe(isOk);
    });
  });

  test('what is gone already is gone', async () => {
    const server = aServer({ 'delete trafficsplits': 'notFound' });
    const { result } = await carryOut(plan([{ kind: 'deleteSplit', uid: 'split', resourceVersion: '5' }, scale]), server);
    expect(result.ok).toBe(true);
  });

  test('a status that says the same is not written', async () => {
    const server = aServer();
    await carryOut({ effects: [], notices: [] }, server);
    expect(server.calls()).toEqual([]);
  });
});
