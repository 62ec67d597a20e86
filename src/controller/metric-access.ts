import type { SecretKeyRef } from '../core/analysis/question.ts';
import type { KubeClient } from '../kube/index.ts';
import type { Result } from '../lib/index.ts';
import { fail, isObject, ok } from '../lib/index.ts';
import type { MeasurerOptions } from './measurer.ts';
import { secrets } from './resources.ts';

/** As of any other source of metrics (api.md 2.1). */
const largestBody = 256 * 1024;

/** What the measurer reads of the API server: aggregated metrics, once and without a retry, and the Secrets that headers name. */
export const metricAccess = (client: KubeClient): Pick<MeasurerOptions, 'kubeGet' | 'readSecret'> => ({
  kubeGet: (path, query, signal) => client.raw('GET', path, { query, retry: false, maxBodyBytes: largestBody }, signal),
  readSecret: (namespace, ref, signal) => readSecret(client, namespace, ref, signal),
});

/** One key of a Secret, decoded. The failure is one line that names the Secret and the key. */
async function readSecret(
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
