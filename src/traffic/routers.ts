import type { RolloutSpec } from '../core/rollout.ts';
import * as registry from './registry.ts';
import type { TrafficRouter } from './router.ts';

export type RouterName = keyof typeof registry;

type TrafficConfigs = RolloutSpec['traffic'];

/** Proves that registry and schema name the same routers, with the same config. */
const routers: { readonly [Name in keyof TrafficConfigs]-?: TrafficRouter<NonNullable<TrafficConfigs[Name]>> } = registry;

export const routerNames = Object.keys(registry) as RouterName[];

export interface ChosenRouter {
  readonly name: RouterName;
  readonly router: TrafficRouter;
  readonly config: unknown;
}

/** The one router of a Rollout. Decoding has seen to it that there is exactly one: none is a bug. */
export function routerOf(traffic: TrafficConfigs): ChosenRouter {
  const name = routerNames.find((candidate) => traffic[candidate] !== undefined);
  if (name === undefined) throw new Error('spec.traffic names no router');
  return { name, router: routers[name] as TrafficRouter, config: traffic[name] };
}

export const routerNamed = (name: RouterName): TrafficRouter => routers[name] as TrafficRouter;
