// One application under load with one Rollout and one controller: the beginning that nearly every scenario shares, and what must hold in all.
import { expect } from 'vitest';
import { type App, deployment, service } from '../kit/apps.ts';
import type { Bed } from '../kit/bed.ts';
import type { KubeObject } from '../kit/client.ts';
import type { Controller, ControllerOptions } from '../kit/controller.ts';
import type { Load } from '../kit/load.ts';
import type { Outage } from '../kit/outage.ts';
import { pathOf } from '../kit/paths.ts';
import { type Recorder, recordVersions, type Version } from '../kit/recorder.ts';
import type { Scenario, ScenarioOptions } from '../kit/scenario.ts';
import { waitForObject } from '../kit/wait.ts';
import { type Rollout, type RolloutOptions, type RolloutStatus, rollout, template } from './rollouts.ts';

export interface ReleaseOptions extends ScenarioOptions, RolloutOptions {
  /** Metrics of the background analysis; none: no analysis. */
  readonly metrics?: readonly object[];
  readonly app?: Partial<App>;
  readonly perSecond?: number;
  readonly controllerOptions?: ControllerOptions;
  /** Runs in the new namespace before anything is deployed; what it returns goes to the controller. */
  readonly prepare?: (scenario: Scenario) => Promise<ControllerOptions | undefined>;
  /** The Service is made by a plain POST, so that no server-side apply owns its selector. */
  readonly plainService?: boolean;
  /** The version that the splits are recorded in, where v1alpha4 is not served. */
  readonly recordedVersion?: string;
  /** The controller asks Prometheus by a way that the scenario can cut: `release.outage`. */
  readonly cuttable?: boolean;
}

export interface Split extends KubeObject {
  readonly spec: { readonly service: string; readonly backends: readonly { readonly service: string; readonly weight: number }[] };
}

export interface Release {
  readonly scenario: Scenario;
  readonly controller: Controller;
  readonly load: Load;
  /** The revision that serves before anything is changed. */
  readonly stable: string;
  readonly rollouts: Recorder<Rollout>;
  readonly splits: Recorder<Split>;
  get(): Promise<Rollout>;
  apply(changes: RolloutOptions): Promise<void>;
  /** Applies another template of the application and waits until it is the canary; its revision. */
  change(app: Partial<App>): Promise<string>;
  /** Applies another template and waits for nothing. */
  write(app: Partial<App>): Promise<void>;
  until(what: string, holds: (status: RolloutStatus, rollout: Rollout) => boolean, deadlineMs?: number): Promise<RolloutStatus>;
  /** Waits until only this revision answers. */
  serves(revision: string): Promise<void>;
  /** Percents that the stored splits gave this revision, without repeats. */
  weights(revision: string): readonly number[];
  /** The way to Prometheus, where it is `cuttable`. */
  readonly outage: Outage;
  /** What must be true of every scenario: see the checks. */
  holds(tolerated?: Tolerated): Promise<void>;
}

export interface Tolerated {
  /** Requests lost for another reason than ours: a crash of all pods, say. */
  readonly lost?: number;
  /** Requests sent within this time may be lost: from the crash of all pods until the data plane runs with weight 0. */
  readonly lostBetween?: readonly [from: number, to: number];
  /** resourceVersions of the split that the scenario wrote itself. */
  readonly edits?: readonly string[];
}

export async function aRelease(bed: Bed, name: string, options: ReleaseOptions): Promise<Release> {
  const scenario = await bed.namespace(name, { ...options, mode: options.mode ?? 'strict' });
  const prepared = await options.prepare?.(scenario);
  const app: App = { name: 'web', replicas: 2, image: 'example/app:1', ...options.app };
  await scenario.deployOnly(app);
  if (options.plainService === true) await bed.admin.create(service(name, 'web', { app: 'web' }));
  else await scenario.service('web', { app: 'web' });
  await scenario.ready('web');
  const load = await scenario.load('web', { perSecond: options.perSecond ?? 60, seconds: 900, maxRequests: 60_000 });
  await load.more(20);
  const [rollouts, splits] = [await scenario.record<Rollout>('rollouts'), await recordSplits(bed, scenario, options.recordedVersion)];
  if (options.metrics !== undefined) await bed.admin.apply(template(name, 'checks', options.metrics), { manager: 'user' });
  const analysis = options.metrics === undefined ? {} : { analysis: { templates: [{ name: 'checks' }] } };
  const manifest = (changes: RolloutOptions = {}) => rollout(name, { ...analysis, ...options, ...changes });
  await bed.admin.apply(manifest(), { manager: 'user' });
  const way = options.cuttable === true ? await scenario.outage('prometheus') : undefined;
  const controller = await scenario.controller({
    ...(way === undefined ? {} : { prometheus: way.url }),
    ...prepared,
    ...options.controllerOptions,
  });
  await Promise.all(controller.replicas.map((replica) => replica.waitReady()));
  const path = pathOf('rollouts', name, 'web');
  const until: Release['until'] = async (what, holds, deadlineMs) => {
    const seen = await waitForObject<Rollout>(
      bed.admin,
      path,
      `Rollout ${name}/web ${what}`,
      (object) => object?.status !== undefined && holds(object.status, object),
      { deadlineMs: deadlineMs ?? 240_000 },
    );
    return seen?.status ?? {};
  };
  const write: Release['write'] = async (changed) => {
    // No replicas: those are the Rollout's now, and a user who keeps them in Git would fight it.
    const { replicas: _, ...next } = { ...app, ...changed };
    await bed.admin.apply(deployment(name, next), { manager: 'user', force: true });
  };
  const adopted = await until('adopted', ({ phase }) => phase === 'Healthy');
  const stable = adopted.stableRevision ?? '';
  const release: Release = {
    scenario,
    controller,
    load,
    stable,
    rollouts,
    splits,
    get: () => bed.admin.get<Rollout>(path),
    apply: async (changes) => void (await bed.admin.apply(manifest(changes), { manager: 'user' })),
    change: async (changed) => {
      const { status } = await bed.admin.get<Rollout>(path);
      await write(changed);
      const changedTo = await until(
        'has a new canary',
        ({ canaryRevision }) => canaryRevision !== undefined && canaryRevision !== status?.canaryRevision,
      );
      return changedTo.canaryRevision ?? '';
    },
    write,
    until,
    serves: async (revision) => {
      await scenario.waitApplied('web', { [`web-${revision}`]: 100 });
      const from = Date.now();
      await load.more(100);
      expect(Object.keys(load.summary(from).byRevision)).toEqual([revision]);
    },
    weights: (revision) => weightsOf(splits, `web-${revision}`),
    get outage() {
      if (way === undefined) throw new Error('this release was not made with `cuttable`');
      return way;
    },
    holds: async (tolerated = {}) => {
      await load.stop();
      const { lost: all, total } = load.summary();
      const [from, to] = tolerated.lostBetween ?? [0, 0];
      const lost = all.filter(({ at }) => at < from || at > to);
      expect(total).toBeGreaterThan(100);
      expect(lost.length, `lost: ${JSON.stringify(lost.slice(0, 3))}`).toBeLessThanOrEqual(tolerated.lost ?? 0);
      const { edits = [] } = tolerated;
      const written = splits.versions().filter(({ object }) => !edits.includes(object.metadata.resourceVersion ?? ''));
      checkSplits(written.map(({ object }) => object));
      checkOrder(rollouts, written);
    },
  };
  return release;
}

function recordSplits(bed: Bed, scenario: Scenario, version: string | undefined): Promise<Recorder<Split>> {
  if (version === undefined) return scenario.record<Split>('trafficsplits');
  return recordVersions<Split>(bed.admin, `/apis/split.smi-spec.io/${version}/namespaces/${scenario.name}/trafficsplits`);
}

/** Without repeats: 0, 20, 0 is a raise and a cut. */
function weightsOf(splits: Recorder<Split>, service: string): readonly number[] {
  const all = splits.versions().map(({ object }) => object.spec.backends.find((backend) => backend.service === service)?.weight ?? 0);
  return all.filter((weight, at) => at === 0 || weight !== all[at - 1]);
}

/** Whole weights that sum to 100: never zero, never a fraction, in every stored version. */
function checkSplits(splits: readonly Split[]): void {
  expect(splits.length).toBeGreaterThan(0);
  for (const { spec } of splits) {
    for (const { weight } of spec.backends) expect(Number.isInteger(weight) && weight >= 0, JSON.stringify(spec)).toBe(true);
    expect(
      spec.backends.reduce((sum, { weight }) => sum + weight, 0),
      JSON.stringify(spec),
    ).toBe(100);
  }
}

/** Status before split, by resourceVersion; and no weight rises after an abort was recorded for that revision and attempt. */
function checkOrder(rollouts: Recorder<Rollout>, splits: readonly Version<Split>[]): void {
  const recorded = rollouts.versions();
  for (const { object: split } of splits) {
    const version = BigInt(split.metadata.resourceVersion ?? '0');
    const before = recorded.filter(({ object }) => BigInt(object.metadata.resourceVersion ?? '0') < version).map(({ object }) => object);
    for (const { service, weight } of split.spec.backends) {
      const revision = service.slice('web-'.length);
      const states = before.flatMap(({ status }) => (status === undefined ? [] : [status]));
      const isKnown = states.some((status) => allows(status, revision, weight));
      expect(isKnown, `the split gives ${service} ${weight} and no earlier status says so`).toBe(true);
      const last = states.at(-1);
      if (last?.abort !== undefined && last.canaryRevision === revision) expect(weight, 'weight after an abort').toBe(0);
    }
  }
}

function allows(status: RolloutStatus, revision: string, weight: number): boolean {
  const desired = status.weight?.desired ?? 0;
  if (status.canaryRevision === revision) return desired === weight;
  if (status.stableRevision === revision) return weight === 100 - desired;
  return weight === 0;
}
