import { z } from 'zod';
import type { SecretSource } from '../lib/index.ts';
import type { NewsKind } from './news.ts';
import { newsKinds } from './news.ts';
import type { SinkKind } from './registry.ts';

/** The setting `notifications`. An address that is a secret is named by file or variable; of webhook and alertmanager it may stand there. */

const place = z.string().min(1).max(4_096).optional();

const one = z
  .strictObject({
    /** Of what was sent: another name is another receiver, who knows nothing yet. */
    name: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$/, 'must be a short name in small letters'),
    sink: z.enum(['slack', 'discord', 'teams', 'webhook', 'alertmanager'] satisfies readonly SinkKind[]),
    url: z
      .string()
      .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), 'must be an http or https URL')
      .optional(),
    urlFile: place,
    urlEnv: place,
    tokenFile: place,
    tokenEnv: place,
    secretFile: place,
    secretEnv: place,
    /** Slack: the channel's id, with a token. Discord: the thread's. */
    channel: z.string().min(1).max(128).optional(),
    namespaces: z.array(z.string().min(1).max(63)).max(100).optional(),
    events: z.array(z.enum(newsKinds)).min(1).optional(),
  })
  .superRefine((given, context) => {
    const { sink, url, urlFile, urlEnv, tokenFile, tokenEnv, secretFile, secretEnv, channel } = given;
    const [hasUrl, hasToken, hasSecret] = [urlFile ?? urlEnv ?? url, tokenFile ?? tokenEnv, secretFile ?? secretEnv].map(
      (value) => value !== undefined,
    );
    const problem = (message: string) => context.addIssue({ code: 'custom', message });
    const isSecret = sink === 'slack' || sink === 'discord' || sink === 'teams';
    if (isSecret && url !== undefined) problem(`the address of ${sink} is a secret: urlFile or urlEnv`);
    if (sink === 'slack' && hasUrl === hasToken) problem('slack needs a token (with a channel) or urlFile, and not both');
    if (sink === 'slack' && hasToken && channel === undefined) problem('slack with a token needs the id of a channel');
    if (sink !== 'slack' && !hasUrl) problem(`${sink} needs urlFile or urlEnv${isSecret ? '' : ', or url'}`);
    if (hasSecret && sink !== 'webhook') problem('secretFile and secretEnv go with webhook only');
    if ((sink === 'discord' || sink === 'teams') && hasToken) problem(`${sink} takes no token`);
  })
  .transform(({ name, sink, url, urlFile, urlEnv, tokenFile, tokenEnv, secretFile, secretEnv, channel, namespaces, events }) => ({
    ...{ name, sink, channel, namespaces, url },
    urlSource: sourceOf(urlFile, urlEnv),
    tokenSource: sourceOf(tokenFile, tokenEnv),
    secretSource: sourceOf(secretFile, secretEnv),
    events: events ?? usual(sink),
  }));

const sourceOf = (file: string | undefined, variable: string | undefined): SecretSource | undefined =>
  file === undefined && variable === undefined
    ? undefined
    : { files: file === undefined ? [] : [file], variables: variable === undefined ? [] : [variable] };

/** An alert is of what is wrong. */
const usual = (sink: SinkKind): readonly NewsKind[] => (sink === 'alertmanager' ? ['rolledBack', 'stuck'] : newsKinds);

export const notificationsSchema = z
  .array(one)
  .max(32)
  .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, 'must have different names')
  .refine(
    (list) =>
      list.every(({ sink, events }) => sink !== 'alertmanager' || events.every((kind) => kind === 'rolledBack' || kind === 'stuck')),
    'alertmanager is told of rolledBack and stuck only',
  );
export type NotificationSettings = z.output<typeof notificationsSchema>[number];
