import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { parse } from 'yaml';
import { z } from 'zod';
import { defaultNamespace, windowErrors } from './api/index.ts';
import { windowSchema } from './core/rollout.ts';
import { leaseTimingProblem } from './kube/index.ts';
import type { Result } from './lib/index.ts';
import { fail, nearestTo, ok, parseDuration } from './lib/index.ts';
import { notificationsSchema } from './notify/index.ts';
import { ownAudience } from './server/audience.ts';
import { channelsSchema } from './server/hooks/settings.ts';

/** Every setting of the controller, parsed once: flags over SLUICE_* over the file over defaults. */

const duration = (fallback: number) =>
  z
    .union([z.number(), z.string().transform((text) => parseDuration(text) ?? Number.NaN)])
    .refine((ms) => Number.isFinite(ms) && ms >= 0, 'must be a duration such as 15s')
    .default(fallback);

const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')], { error: 'must be true or false' });

const list = z.union([z.array(z.string()), z.string().transform((text) => text.split(',').filter((name) => name !== ''))]);
/** Written as in a Rollout. */
const windows = z
  .array(windowSchema)
  .max(64)
  .superRefine((all, context) => {
    for (const { path, message } of windowErrors(all, '')) {
      const [, index, key] = /^\[(\d+)\]\.(\w+)$/.exec(path) ?? [];
      context.addIssue({ code: 'custom', path: [Number(index), key ?? ''], message });
    }
  });

/** What has members of its own: as such in the file, as YAML or JSON in a variable. */
const structured = <T extends z.ZodType>(inner: T, fallback: () => z.output<T>) =>
  z
    .preprocess((given) => (typeof given === 'string' ? parsedOr(given) : given), inner.optional())
    .transform((value) => value ?? fallback());

function parsedOr(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0 });
  } catch {
    return text;
  }
}

const schema = z.strictObject({
  kubeconfig: z.string().optional(),
  context: z.string().optional(),
  prometheusAddress: z
    .string()
    .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), 'must be an http or https URL')
    .optional(),
  listen: z
    .string()
    .regex(/^(\[[0-9a-fA-F:]+\]|[^:]+):[0-9]{1,5}$/, 'must be HOST:PORT')
    .refine((text) => !(Number(text.slice(text.lastIndexOf(':') + 1)) > 65_535), 'must have a port of at most 65535')
    .default('127.0.0.1:8080'),
  namespaces: list.default([]),
  leaderElection: flag.default(true),
  leaseNamespace: z.string().optional(),
  leaseName: z.string().default('sluice-controller'),
  leaseDuration: duration(15_000),
  renewDeadline: duration(10_000),
  retryPeriod: duration(2_000),
  identity: z.string().min(1).optional(),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  clusterDomain: z.string().default('cluster.local'),
  earlyLooks: flag.default(true),
  concurrency: z.coerce.number().int().min(1).max(64).default(8),
  mode: z.enum(['all', 'api']).default('all'),
  apiAudiences: list.default([ownAudience, 'sluice']),
  tlsCertFile: z.string().min(1).optional(),
  tlsKeyFile: z.string().min(1).optional(),
  maxConnections: z.coerce.number().int().min(16).max(65_535).default(4_096),
  maxViewers: z.coerce.number().int().min(0).max(65_535).default(2_000),
  apiRatePerCaller: z.coerce.number().int().min(1).max(100_000).default(50),
  apiRatePerAddress: z.coerce.number().int().min(1).max(100_000).default(500),
  windows: structured(windows, () => []),
  channels: structured(channelsSchema, () => ({})),
  accountsConfigMap: z
    .string()
    .regex(/^([a-z0-9]([-a-z0-9]*[a-z0-9])?\/)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'must be NAME or NAMESPACE/NAME')
    .default('sluice-accounts'),
  notifications: structured(notificationsSchema, () => []),
});

export type Config = Omit<z.output<typeof schema>, 'identity' | 'leaseNamespace'> & {
  readonly identity: string;
  readonly leaseNamespace: string;
};

export type Settings = Readonly<Record<string, unknown>>;

/** The configuration; or every error in it, one a line, each named as it was given: `--listen`, `SLUICE_LISTEN`, or `listen` of the file. */
export function loadConfig(
  flags: Settings & { readonly config?: string },
  env: Readonly<Record<string, string | undefined>>,
): Result<Config, string> {
  const { config: file, ...others } = flags;
  const path = file ?? env.SLUICE_CONFIG;
  const stored = path === undefined ? ok({}) : readFile(path);
  if (!stored.ok) return stored;
  const given = { flags: defined(others), env: fromEnv(env), file: path };
  const parsed = schema.safeParse({ ...stored.value, ...given.env, ...given.flags });
  if (!parsed.success) return fail(parsed.error.issues.flatMap((issue) => problemsOf(issue, given)).join('\n'));
  const settings = parsed.data;
  const { leaseDuration, renewDeadline, retryPeriod } = settings;
  const timing = leaseTimingProblem(
    { leaseDurationMs: leaseDuration, renewDeadlineMs: renewDeadline, retryPeriodMs: retryPeriod },
    {
      leaseDurationMs: nameOf('leaseDuration', given),
      renewDeadlineMs: nameOf('renewDeadline', given),
      retryPeriodMs: nameOf('retryPeriod', given),
    },
  );
  if (timing !== undefined) return fail(timing);
  if ((settings.tlsCertFile === undefined) !== (settings.tlsKeyFile === undefined))
    return fail(`${nameOf('tlsCertFile', given)} and ${nameOf('tlsKeyFile', given)} go together`);
  if (settings.apiAudiences.length === 0) return fail(`${nameOf('apiAudiences', given)}: needs at least one audience`);
  return ok({
    ...settings,
    // One per start of a process: a restarted one must not pass for its predecessor.
    identity: `${settings.identity ?? env.POD_NAME ?? hostname()}_${process.pid}_${process.hrtime.bigint().toString(36)}`,
    leaseNamespace: settings.leaseNamespace ?? env.POD_NAMESPACE ?? defaultNamespace,
  });
}

/** Where settings came from, the strongest first. */
interface Given {
  readonly flags: Settings;
  readonly env: Settings;
  readonly file: string | undefined;
}

function problemsOf({ code, message, path, ...issue }: z.core.$ZodIssue, given: Given): readonly string[] {
  const [setting, ...inside] = path;
  if (setting === undefined && code === 'unrecognized_keys') {
    const { keys } = issue as { readonly keys: readonly string[] };
    return keys.map((key) => `${nameOf(key, given)}: is no setting${orRather(key)}`);
  }
  const where = inside.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return [`${nameOf(String(setting), given)}${where}: ${message}`];
}

/** Every key of the file that `--config` names; docs/settings.md says what each is for. */
export const settingKeys: readonly string[] = Object.keys(schema.shape);

function orRather(key: string): string {
  const near = nearestTo(key, settingKeys);
  return near.length === 0 ? `; there are ${settingKeys.join(', ')}` : `; did you mean ${near.join(' or ')}?`;
}

function nameOf(key: string, { flags, env, file }: Given): string {
  if (key in flags) return `--${key === 'namespaces' ? 'namespace' : words(key, '-')}`;
  if (key in env) return key === 'namespaces' ? 'SLUICE_NAMESPACE' : variableOf(key);
  return file === undefined ? key : `${file}: ${key}`;
}

const words = (key: string, between: string): string => key.replace(/[A-Z]/g, (letter) => `${between}${letter.toLowerCase()}`);
const variableOf = (key: string): string => `SLUICE_${words(key, '_').toUpperCase()}`;

function readFile(path: string): Result<Record<string, unknown>, string> {
  try {
    const content: unknown = parse(readFileSync(path, 'utf8'));
    if (typeof content !== 'object' || content === null || Array.isArray(content)) return fail(`${path}: is not a YAML mapping`);
    return ok(content as Record<string, unknown>);
  } catch (error) {
    return fail(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** SLUICE_PROMETHEUS_ADDRESS is prometheusAddress, and so on; SLUICE_NAMESPACE, named like its flag, may hold several with commas. */
function fromEnv(env: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const names = Object.keys(schema.shape).map((key) => [key, variableOf(key)] as const);
  return defined({ namespaces: env.SLUICE_NAMESPACE, ...defined(Object.fromEntries(names.map(([key, name]) => [key, env[name]]))) });
}

const defined = (members: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
