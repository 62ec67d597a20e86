import type { SecretKeyRef } from '../core/analysis/question.ts';
import type { KubeClient } from '../kube/index.ts';
import type { Result } from '../lib/index.ts';
import { fail, isObject, ok } from '../lib/index.ts';
import { secrets } from './resources.ts';

/** One key of a Secret, decoded. The failure is one line that names the Secret and the key. */
export async function readSecret(
  client: KubeClient,
  namespace: string,
  { name, key }: SecretKeyRef,
  signal: AbortSignal,
): Promise<Result<string, string>> {
  const found = await client.get(secrets, { namespace, name }, signal);
  if (!found.ok) return fail(`Secret ${name} cannot be read: ${found.failure.kind}`);
  const { data } = found.value;
  const encoded = isObject(data) ? data[key] : undefined;
  return typeof encoded === 'string' ? ok(Buffer.from(encoded, 'base64').toString('utf8')) : fail(`Secret ${name} has no key ${key}`);
}
