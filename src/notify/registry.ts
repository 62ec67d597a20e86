import { alertmanager } from './alertmanager.ts';
import { discord } from './discord.ts';
import type { Sink } from './sink.ts';
import { slack } from './slack.ts';
import { teams } from './teams.ts';
import { webhook } from './webhook.ts';

/** One line a sink. */
export const sinks = { slack, discord, teams, webhook, alertmanager } as const satisfies Readonly<Record<string, Sink>>;
export type SinkKind = keyof typeof sinks;
export const sinkKinds = Object.keys(sinks) as readonly SinkKind[];
