import type { KubeClient } from '../kube/index.ts';
import type { Clock, Logger } from '../lib/index.ts';
import { createAuthenticator } from './auth/authenticate.ts';
import { createAuthorizer } from './auth/authorize.ts';
import { createDecider } from './decide.ts';
import { Hub } from './live/hub.ts';
import type { Api } from './routes/index.ts';
import type { RolloutSource } from './source.ts';

export interface ApiOptions {
  /** Not fenced. */
  readonly client: KubeClient;
  readonly source: RolloutSource;
  readonly clock: Clock;
  readonly log: Logger;
  readonly audiences: readonly string[];
  readonly mostViewers: number;
}

/** Streams of one caller: a dashboard with many tabs. */
const mostOfOne = 100;

/** What the routes work with, once there is a cluster to ask. */
export function createApi({ client, source, clock, log, audiences, mostViewers }: ApiOptions): Api {
  const authorize = createAuthorizer({ client, clock, log });
  return {
    authenticate: createAuthenticator({ client, clock, log, audiences }),
    authorize,
    decider: createDecider({ client, source, authorize, log }),
    source,
    hub: new Hub({ source, clock, mostViewers, mostOfOne }),
  };
}
