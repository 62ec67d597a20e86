import type { Question } from '../core/analysis/question.ts';
import { canonicalJson } from '../lib/json.ts';
import { usesSecrets } from './headers.ts';
import type { MetricIo } from './source.ts';

/** Equal for questions that must have equal answers: the same provider, asked with the same Secrets, in the same mesh. */
export function questionKey({ namespace, provider }: Question, { mesh }: Pick<MetricIo, 'mesh'>): string {
  const parts = provider.kind === 'comparison' ? [provider.canary, provider.stable] : [provider];
  const secretsOf = parts.some((part) => 'headers' in part && usesSecrets(part)) ? namespace : undefined;
  const detected = parts.some((part) => part.kind === 'prometheusBuiltin' && part.mesh === 'auto') ? mesh : undefined;
  return canonicalJson({ provider, secretsOf, detected });
}
