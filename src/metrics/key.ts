import type { Question } from '../core/analysis/question.ts';
import { canonicalJson } from '../lib/json.ts';
import { usesSecrets } from './headers.ts';
import type { MetricIo } from './source.ts';

/** Equal for questions that must have equal answers: the same provider, asked with the same Secrets, in the same mesh. */
export function questionKey({ namespace, provider }: Question, { mesh }: Pick<MetricIo, 'mesh'>): string {
  const secretsOf = 'headers' in provider && usesSecrets(provider) ? namespace : undefined;
  const detected = provider.kind === 'prometheusBuiltin' && provider.mesh === 'auto' ? mesh : undefined;
  return canonicalJson({ provider, secretsOf, detected });
}
