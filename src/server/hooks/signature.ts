import { createHash, createHmac, createPublicKey, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import type { Secret } from '../../lib/index.ts';

/** Signatures of the channels, over the bytes as they came. Nothing here parses a body, and nothing throws, whatever the headers hold. */

export interface SignedRequest {
  /** By small letters, as Node gives them; several of one name are none. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
  readonly nowMs: number;
}

export type Verified =
  /** `print`: the same for the same signed bytes, whatever unsigned headers say. */
  { readonly kind: 'genuine'; readonly print: string } | { readonly kind: 'forged' } | { readonly kind: 'stale' };

/** How far the time of a signed message may be from ours, either way. */
export const toleranceMs = 5 * 60_000;

const forged: Verified = { kind: 'forged' };

/** Slack's `v0`: HMAC-SHA256 over `v0:timestamp:body`. */
export function verifySlack({ headers, body, nowMs }: SignedRequest, secrets: readonly Secret[]): Verified {
  const time = secondsOf(headers['x-slack-request-timestamp']);
  const given = hexOf(headers['x-slack-signature'], 'v0=');
  if (time === undefined || given === undefined) return forged;
  if (!isMac(given, secrets, (secret) => hmac(secret.reveal(), [`v0:${time.text}:`, body]))) return forged;
  return timely(time.ms, nowMs, ['slack', time.text, body]);
}

/** Discord: Ed25519 over timestamp and body. The scheme knows no window; the time is signed, so that we can have one. */
export function verifyDiscord({ headers, body, nowMs }: SignedRequest, keys: readonly Secret[]): Verified {
  const time = secondsOf(headers['x-signature-timestamp']);
  const given = hexOf(headers['x-signature-ed25519'], '', 64);
  if (time === undefined || given === undefined) return forged;
  const message = Buffer.concat([Buffer.from(time.text), body]);
  // Every key is tried, so that the time it takes tells nothing; a public key is no secret anyway.
  const isSigned = keys.map((key) => isSignedBy(publicKeyOf(key.reveal()), message, given)).includes(true);
  return isSigned ? timely(time.ms, nowMs, ['discord', time.text, body]) : forged;
}

/** Teams' outgoing webhook: `Authorization: HMAC base64`, by a key that is base64 itself. The time is in the body: see `atMs` of what is read. */
export function verifyTeams({ headers, body }: SignedRequest, secrets: readonly Secret[]): Verified {
  const header = headers.authorization;
  const text = typeof header === 'string' ? /^HMAC ([A-Za-z0-9+/]{43}=)$/.exec(header)?.[1] : undefined;
  if (text === undefined) return forged;
  const isSigned = isMac(Buffer.from(text, 'base64'), secrets, (secret) => hmac(Buffer.from(secret.reveal(), 'base64'), [body]));
  return isSigned ? { kind: 'genuine', print: printOf(['teams', body]) } : forged;
}

/** GitHub: HMAC-SHA256 over the body alone. The delivery's id is not signed, so that it proves nothing; the SHA-1 header is not looked at. */
export function verifyGithub({ headers, body }: SignedRequest, secrets: readonly Secret[]): Verified {
  const given = hexOf(headers['x-hub-signature-256'], 'sha256=');
  if (given === undefined || !isMac(given, secrets, (secret) => hmac(secret.reveal(), [body]))) return forged;
  return { kind: 'genuine', print: printOf(['github', body]) };
}

/** Any other bot: `X-Sluice-Signature: v1=hex`, HMAC-SHA256 over `timestamp.body`, the time in `X-Sluice-Timestamp`. Several may stand there, with commas. */
export function verifyWebhook({ headers, body, nowMs }: SignedRequest, secrets: readonly Secret[]): Verified {
  const time = secondsOf(headers['x-sluice-timestamp']);
  const header = headers['x-sluice-signature'];
  if (time === undefined || typeof header !== 'string' || header.length > 512) return forged;
  const given = header.split(',').flatMap((part) => hexOf(part.trim(), 'v1=') ?? []);
  const isSigned = given.map((one) => isMac(one, secrets, (secret) => hmac(secret.reveal(), [`${time.text}.`, body]))).includes(true);
  return isSigned ? timely(time.ms, nowMs, ['webhook', time.text, body]) : forged;
}

function timely(ms: number, nowMs: number, signed: readonly (string | Buffer)[]): Verified {
  return isTimely(ms, nowMs) ? { kind: 'genuine', print: printOf(signed) } : { kind: 'stale' };
}

export const isTimely = (ms: number, nowMs: number): boolean => Math.abs(nowMs - ms) <= toleranceMs;

const hmac = (key: string | Buffer, parts: readonly (string | Buffer)[]): Buffer => {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac.digest();
};

/** In constant time; an empty key signs nothing. */
const isMac = (given: Buffer, secrets: readonly Secret[], macOf: (secret: Secret) => Buffer): boolean =>
  secrets
    .filter((secret) => secret.reveal() !== '')
    .map((secret) => {
      const mac = macOf(secret);
      return mac.length === given.length && timingSafeEqual(mac, given);
    })
    .includes(true);

function printOf(parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 40);
}

/** Whole seconds since 1970, as they stood there: the text is what was signed. */
function secondsOf(header: unknown): { readonly text: string; readonly ms: number } | undefined {
  return typeof header === 'string' && /^[0-9]{1,12}$/.test(header) ? { text: header, ms: Number(header) * 1000 } : undefined;
}

function hexOf(header: unknown, prefix: string, bytes = 32): Buffer | undefined {
  if (typeof header !== 'string' || !header.startsWith(prefix)) return undefined;
  const hex = header.slice(prefix.length);
  return hex.length === bytes * 2 && /^[0-9a-f]*$/i.test(hex) ? Buffer.from(hex, 'hex') : undefined;
}

/** What comes before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo. */
const spki = Buffer.from('302a300506032b6570032100', 'hex');

/** Points of small order: under such a key a signature holds for messages that nobody signed. */
const smallOrder = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000080',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
]);

/** Undefined for what is no key that anybody could sign by. */
export function publicKeyOf(hex: string): KeyObject | undefined {
  if (!/^[0-9a-f]{64}$/i.test(hex) || smallOrder.has(hex.toLowerCase())) return undefined;
  try {
    return createPublicKey({ key: Buffer.concat([spki, Buffer.from(hex, 'hex')]), format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

function isSignedBy(key: KeyObject | undefined, message: Buffer, signature: Buffer): boolean {
  if (key === undefined) return false;
  try {
    return verify(null, message, key, signature);
  } catch {
    return false;
  }
}
