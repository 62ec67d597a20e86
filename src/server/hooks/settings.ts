import { z } from 'zod';
import type { SecretSource } from '../../lib/index.ts';
import { publicKeyOf } from './signature.ts';

/** The setting `channels`: a channel that is not there answers 404. Secrets are named, never written into the file. */

const place = z.string().min(1).max(4_096);
const places = z.union([place, z.array(place).min(1).max(2)]).optional();

const hasSome = (given: Readonly<Record<string, unknown>>): boolean => Object.values(given).some((value) => value !== undefined);

const hmacChannel = z
  .strictObject({ secretFile: places, secretEnv: places })
  .refine(hasSome, 'needs secretFile or secretEnv')
  .transform((given) => ({ secret: sourceOf(given.secretFile, given.secretEnv) }));

const publicKey = z.string().refine((hex) => publicKeyOf(hex) !== undefined, 'must be an Ed25519 public key of 64 hexadecimal digits');

export const channelsSchema = z.strictObject({
  slack: z
    .strictObject({ signingSecretFile: places, signingSecretEnv: places })
    .refine(hasSome, 'needs signingSecretFile or signingSecretEnv')
    .transform((given) => ({ secret: sourceOf(given.signingSecretFile, given.signingSecretEnv) }))
    .optional(),
  discord: z.strictObject({ publicKey: z.union([publicKey, z.array(publicKey).min(1).max(2)]) }).optional(),
  teams: hmacChannel.optional(),
  github: z
    .strictObject({
      secretFile: places,
      secretEnv: places,
      /** With a token the answer becomes a comment. */
      tokenFile: place.optional(),
      tokenEnv: place.optional(),
      apiUrl: z
        .string()
        .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), 'must be an http or https URL')
        .default('https://api.github.com'),
    })
    .refine(({ secretFile, secretEnv }) => hasSome({ secretFile, secretEnv }), 'needs secretFile or secretEnv')
    .transform(({ secretFile, secretEnv, tokenFile, tokenEnv, apiUrl }) => ({
      secret: sourceOf(secretFile, secretEnv),
      token: hasSome({ tokenFile, tokenEnv }) ? sourceOf(tokenFile, tokenEnv) : undefined,
      apiUrl,
    }))
    .optional(),
  webhooks: z.record(z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/), hmacChannel).optional(),
});
export type ChannelSettings = z.output<typeof channelsSchema>;

type Places = z.output<typeof places>;

const sourceOf = (files: Places, variables: Places): SecretSource => ({ files: listOf(files), variables: listOf(variables) });
const listOf = (given: Places): readonly string[] => (given === undefined ? [] : typeof given === 'string' ? [given] : given);
