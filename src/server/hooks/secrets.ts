import type { Result, SecretReader } from '../../lib/index.ts';
import { ok, Secret } from '../../lib/index.ts';
import type { ChannelSettings } from './settings.ts';

export type ChannelName = 'slack' | 'discord' | 'teams' | 'github' | 'webhook';

/** What a channel signs with. */
export interface HookSecrets {
  /** Undefined: the channel (or webhook of that name) is not configured. */
  of(channel: ChannelName, name?: string): Promise<Result<readonly Secret[], string>> | undefined;
  /** The token by which comments are written, if there is one. */
  githubToken(): Promise<Result<readonly Secret[], string>> | undefined;
  readonly githubUrl: string;
}

export function hookSecrets(settings: ChannelSettings, reader: SecretReader): HookSecrets {
  const { slack, discord, teams, github, webhooks = {} } = settings;
  const keys = discord === undefined ? [] : [discord.publicKey].flat().map((key) => new Secret(key));
  const read = (channel: { readonly secret: Parameters<SecretReader['of']>[0] } | undefined) =>
    channel === undefined ? undefined : reader.of(channel.secret);
  return {
    of(channel, name = '') {
      switch (channel) {
        case 'slack':
          return read(slack);
        case 'discord':
          return discord === undefined ? undefined : Promise.resolve(ok(keys));
        case 'teams':
          return read(teams);
        case 'github':
          return read(github);
        case 'webhook':
          return read(Object.hasOwn(webhooks, name) ? webhooks[name] : undefined);
      }
    },
    githubToken: () => (github?.token === undefined ? undefined : reader.of(github.token)),
    githubUrl: github?.apiUrl ?? 'https://api.github.com',
  };
}
