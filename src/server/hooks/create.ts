import type { KubeClient } from '../../kube/index.ts';
import type { Clock, HttpExchange, Logger } from '../../lib/index.ts';
import { httpExchange, SecretReader } from '../../lib/index.ts';
import type { Decider } from '../decider.ts';
import { configMapAccounts } from './accounts.ts';
import { hookSecrets } from './secrets.ts';
import type { HookOptions } from './serve.ts';
import type { ChannelSettings } from './settings.ts';
import { reviewedView } from './view.ts';

export interface HookSurroundings {
  readonly channels: ChannelSettings;
  /** The ConfigMap by which an admin maps chat accounts to users. */
  readonly accounts: { readonly namespace: string; readonly name: string };
  readonly decider: Decider;
  /** Not fenced: every replica answers. */
  readonly client: Pick<KubeClient, 'get' | 'raw'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly exchange?: HttpExchange | undefined;
}

/** What the routes of channels work with. */
export const createHooks = ({
  channels,
  accounts,
  decider,
  client,
  clock,
  log,
  env,
  exchange = httpExchange,
}: HookSurroundings): HookOptions => ({
  ...{ decider, clock, log, exchange },
  accounts: configMapAccounts({ client, clock, ...accounts }),
  secrets: hookSecrets(channels, new SecretReader(clock, env)),
  view: reviewedView(client),
});
