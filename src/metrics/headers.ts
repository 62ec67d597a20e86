import type { Answer, HeaderValue, SecretKeyRef } from '../core/analysis/question.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import { failed, invalid, type MetricIo } from './source.ts';

export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: { readonly ca?: string; readonly serverName?: string };
  /** Takes every secret that went into the request out of a text that people will see. */
  readonly redact: (text: string) => string;
}

export interface CredentialsWanted {
  readonly headers: readonly HeaderValue[];
  readonly tls?: { readonly ca?: string; readonly caSecretRef?: SecretKeyRef; readonly serverName?: string };
}

/** What may be set is anything but the frame of the request itself. */
const framing = new Set(['connection', 'content-length', 'expect', 'host', 'te', 'trailer', 'transfer-encoding', 'upgrade']);

/** Whether answers depend on Secrets, and so on the namespace that asks. */
export const usesSecrets = (wanted: CredentialsWanted): boolean =>
  wanted.tls?.caSecretRef !== undefined || wanted.headers.some((header) => header.parts.some((part) => 'secret' in part));

/** Reads the Secrets that a request needs, at the moment of asking. Failures name the Secret or the header, never a value. */
export async function resolveCredentials(
  wanted: CredentialsWanted,
  io: MetricIo,
  signal: AbortSignal,
): Promise<Result<Credentials, Answer>> {
  const secrets: string[] = [];
  const headers: Record<string, string> = {};
  for (const header of wanted.headers) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(header.key)) return fail(invalid('a header has a name that HTTP does not allow'));
    if (framing.has(header.key.toLowerCase())) return fail(invalid(`header ${header.key} cannot be set`));
    let value = '';
    for (const part of header.parts) {
      const text = 'text' in part ? ok(part.text) : await io.secret(part.secret, signal);
      if (!text.ok) return fail(failed(text.failure));
      if ('secret' in part) secrets.push(text.value);
      value += text.value;
    }
    // Node would throw, and axios would silently leave such characters out.
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return fail(badValue(header));
    headers[header.key] = value;
  }
  const { ca, caSecretRef, serverName } = wanted.tls ?? {};
  const secretCa = caSecretRef === undefined ? undefined : await io.secret(caSecretRef, signal);
  if (secretCa?.ok === false) return fail(failed(secretCa.failure));
  const trusted = secretCa?.value ?? ca;
  return ok({
    headers,
    tls: { ...(trusted === undefined ? {} : { ca: trusted }), ...(serverName === undefined ? {} : { serverName }) },
    redact: redactor(secrets),
  });
}

function badValue(header: HeaderValue): Answer {
  const secret = header.parts.map((part) => ('secret' in part ? part.secret : undefined)).find((ref) => ref !== undefined);
  const where = secret === undefined ? '' : `; look at key ${secret.key} of Secret ${secret.name}`;
  const message = `header ${header.key} holds a line break or another character that HTTP does not allow${where}`;
  // A Secret can be mended while the run goes on.
  return secret === undefined ? invalid(message) : failed(message);
}

function redactor(secrets: readonly string[]): (text: string) => string {
  const shown = secrets.filter((secret) => secret !== '').sort((left, right) => right.length - left.length);
  return (text) => shown.reduce((rest, secret) => rest.replaceAll(secret, '*****'), text);
}
