import { z } from 'zod';
import { durationPattern, isObject, parseDuration } from '../lib/index.ts';

/**
 * Building blocks of the kinds' schemas. A zod schema is the one source of a kind: its output type is the decoded form, and
 * `api/crds.ts` turns its input side into a structural OpenAPI schema. Everything has a bound, so that CEL rules stay within budget.
 */

/** A Go-style duration; decoded to milliseconds. `fallback` becomes the CRD's default. */
export const duration = () =>
  z
    .string()
    .max(32)
    .regex(new RegExp(durationPattern), 'must be a duration such as 90s or 1h30m')
    .transform((text) => parseDuration(text) ?? 0);

/** A duration that must not be zero. */
export const positiveDuration = () =>
  z
    .string()
    .max(32)
    .regex(new RegExp(durationPattern), 'must be a duration such as 90s or 1h30m')
    .regex(/[1-9]/, 'must be longer than zero')
    .transform((text) => parseDuration(text) ?? 0);

/** A DNS label (RFC 1123), as names of Services are. */
export const dnsLabel = () =>
  z
    .string()
    .min(1)
    .max(63)
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'must be a DNS label');

/** A DNS subdomain (RFC 1123), as names of most objects are. */
export const dnsName = () =>
  z
    .string()
    .min(1)
    .max(253)
    .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'must be a DNS subdomain name');

export const percent = () => z.int().min(0).max(100);

/** Metadata that only `api/crds.ts` reads: CEL rules and list kinds, spelled as in the CRD. */
export interface CrdHints {
  /** `[rule, message]` or `[rule, message, fieldPath]` pairs for x-kubernetes-validations. */
  readonly cel?: readonly (readonly [rule: string, message: string, fieldPath?: string])[];
  /** Exactly one (or at most one) of the object's members; becomes a CEL rule and is checked by decoding as well. */
  readonly exactlyOne?: readonly string[];
  /** What the object is called in the message of `exactlyOne`. */
  readonly what?: string;
  readonly preserveUnknownFields?: boolean;
  readonly listType?: 'map' | 'atomic' | 'set';
  readonly listMapKeys?: readonly string[];
  readonly description?: string;
}

export const crdHints = z.registry<CrdHints>();

/** An object of which exactly one of `keys` must be present. Decoding says which were found. */
export function exactlyOneOf<T extends z.ZodObject>(schema: T, keys: readonly string[], what: string): T {
  const refined = schema.superRefine(
    (value, context) => {
      const found = keys.filter((key) => (value as Record<string, unknown>)[key] !== undefined);
      if (found.length === 1) return;
      const problem = found.length === 0 ? `needs exactly one of ${keys.join(', ')}` : `has ${found.join(' and ')}; exactly one is allowed`;
      context.addIssue({ code: 'custom', message: `${what} ${problem}` });
    },
    // Also where a member is wrong: all errors are reported at once.
    { when: ({ value }) => isObject(value) },
  );
  crdHints.add(refined, { exactlyOne: keys, what });
  return refined as T;
}

/** A PodTemplateSpec. Kubernetes itself validates it where we use it; we ask only for what makes it one of a Deployment. */
export const podTemplate = () => {
  const containers = z
    .array(z.looseObject({ name: z.string().min(1).max(63) }))
    .min(1)
    .max(100);
  crdHints.add(containers, { listType: 'map', listMapKeys: ['name'] });
  return z.looseObject({
    metadata: z.looseObject({}).optional(),
    spec: z.looseObject({ containers, restartPolicy: z.literal('Always').optional() }),
  });
};
