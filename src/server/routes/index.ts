import { decisionRoutes } from './decisions.ts';
import { listRoute } from './list.ts';
import { rolloutRoutes } from './rollouts.ts';
import type { ApiRoute } from './route.ts';

export type { Api, ApiRoute } from './route.ts';

export const apiRoutes: readonly ApiRoute[] = [listRoute, ...rolloutRoutes, ...decisionRoutes];
