import type { Channel } from './channel.ts';
import { discord } from './discord.ts';
import { github } from './github.ts';
import { slackCommands, slackInteractions } from './slack.ts';
import { teams } from './teams.ts';
import { webhook } from './webhook.ts';

/** Hides what a channel needs to answer; it is nobody else's business. */
export type AnyChannel = <T>(take: <C>(channel: Channel<C>) => T) => T;

const of =
  <C>(channel: Channel<C>): AnyChannel =>
  (take) =>
    take(channel);

/** The ways in, each with its own signature; a new one is one file and one line. */
export const hookChannels: Readonly<Record<string, AnyChannel>> = {
  '/hooks/slack/interactions': of(slackInteractions),
  '/hooks/slack/commands': of(slackCommands),
  '/hooks/discord': of(discord),
  '/hooks/teams': of(teams),
  '/hooks/github': of(github),
  '/hooks/webhook/:name': of(webhook),
};
