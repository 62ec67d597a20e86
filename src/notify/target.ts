import type { Result, SecretReader, SecretSource } from '../lib/index.ts';
import { fail, ok, Secret } from '../lib/index.ts';
import type { NotificationSettings } from './settings.ts';
import type { Target } from './sink.ts';

export type SecretReading = Pick<SecretReader, 'of'>;

/** Read anew for each message: a mounted Secret changes without a word. */
export async function targetOf(settings: NotificationSettings, secrets: SecretReading): Promise<Result<Target, string>> {
  const { url, urlSource, tokenSource, secretSource, channel } = settings;
  const read = async (source: SecretSource | undefined): Promise<Result<Secret | undefined, string>> => {
    if (source === undefined) return ok(undefined);
    const found = await secrets.of(source);
    return found.ok ? ok(found.value[0]) : found;
  };
  const [address, token, secret] = await Promise.all([read(urlSource), read(tokenSource), read(secretSource)]);
  if (!address.ok) return address;
  if (!token.ok) return token;
  if (!secret.ok) return secret;
  const known = address.value ?? (url === undefined ? undefined : new Secret(url));
  if (known !== undefined && !isWeb(known.reveal())) return fail('the address is no http or https URL');
  return ok({ url: known, token: token.value, secret: secret.value, channel });
}

const isWeb = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
