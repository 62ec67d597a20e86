// One application under load with one Rollout and one controller: the beginning that nearly every scenario shares, and what must hold in all.
import { expect } from 'vitest';
import { type App, deployment, service } from '../kit/apps.ts';
import type { Bed } from '../kit/bed.ts';
import type { Controller, ControllerOptions } from '../kit/controller.ts';
import type { Split, Tolerated } from '../kit/invariants.ts';
import type { Load } from '../kit/load.ts';
import type { Outage } from '../kit/outage.ts';
import { pathOf } from '../kit/paths.ts';
import type { Recorder } from '../kit/recorder.ts';
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
  /** The controller asks Prometheus by a way that the scenario can cut: `release.outage`. */
  readonly cuttable?: boolean;
}

export type { Split } from '../kit/invariants.ts';

export interface Release {
  readonly scenario: Scenario;
  readonly controller: Controller;
  readonly load: Load;
  /** The revision that serves before anything is changed. */
  readonly stable: string;
  readonly rollouts: Pick<Recorder<Rollout>, 'versions'>;
  readonly splits: Pick<Recorder<Split>, 'versions'>;
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
  /** What must be true of every scenario (kit/invariants.ts), said now; the end of the scenario says it in any case. */
  holds(tolerated?: Tolerated): Promise<void>;
}

export async function aRelease(bed: Bed, name: string, options: ReleaseOptions): Promise<Release> {
  const scenario = await bed.namespace(name, options);
  const prepared = await options.prepare?.(scenario);
  const app: App = { name: 'web', replicas: 2, image: 'example/app:1', ...options.app };
  await scenario.deployOnly(app);
  if (options.plainService === true) await bed.admin.create(service(name, 'web', { app: 'web' }));
  else await scenario.service('web', { app: 'web' });
  await scenario.ready('web');
  const load = await scenario.load('web', { perSecond: options.perSecond ?? 60, seconds: 900, maxRequests: 60_000 });
  await load.more(20);
  const { rollouts, splits } = await scenario.histories();
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
      scenario.tolerate(tolerated);
      await scenario.judge();
      expect(load.summary().total).toBeGreaterThan(100);
      expect(splits.versions().length).toBeGreaterThan(0);
    },
  };
  return release;
}

/** Without repeats: 0, 20, 0 is a raise and a cut. */
function weightsOf(splits: Release['splits'], service: string): readonly number[] {
  const all = splits.versions().map(({ object }) => object.spec.backends.find((backend) => backend.service === service)?.weight ?? 0);
  return all.filter((weight, at) => at === 0 || weight !== all[at - 1]);
}
