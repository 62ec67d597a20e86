import { z } from 'zod';
import { crdHints, dnsName, duration, exactlyOneOf } from '../schema.ts';

/** One metric of a template (docs: the contract, section 2): what is asked, how often, and what the answers mean. Decoded durations are milliseconds. */

const secretKeyRef = z.object({ name: dnsName(), key: z.string().min(1).max(253) });

const header = z.object({
  key: z
    .string()
    .min(1)
    .max(128)
    .regex(/^[A-Za-z0-9!#$%&'*+.^_|~-]+$/, 'must be a header name'),
  value: z.string().max(4096),
});
const headers = () => z.array(header).max(16).prefault([]);

/** http or https; `{{args.NAME}}` may stand in path and query. No user information: credentials are headers. */
const url = () =>
  z
    .string()
    .min(8)
    .max(2048)
    .regex(/^https?:\/\/[^\s/?#@]+([/?][^\s#]*)?$/, 'must be an http or https URL without credentials and fragment');

const tls = z.object({ ca: z.string().max(65_536).optional(), caSecretRef: secretKeyRef.optional(), serverName: dnsName().optional() });
crdHints.add(tls, { cel: [['!(has(self.ca) && has(self.caSecretRef))', 'ca and caSecretRef exclude each other']] });

export const builtinMetrics = ['successRate', 'p50', 'p90', 'p99', 'requests'] as const;
const query = () => z.string().min(1).max(16_384);

const prometheusShape = exactlyOneOf(
  z.object({
    address: url().optional(),
    query: query().optional(),
    builtin: z.enum(builtinMetrics).optional(),
    mesh: z.enum(['auto', 'linkerd', 'traefik-mesh', 'osm', 'istio', 'consul', 'nginx', 'envoy']).prefault('auto'),
    countQuery: query().optional(),
    timeout: duration().prefault('10s'),
    headers: headers(),
    tls: tls.optional(),
  }),
  ['query', 'builtin'],
  'prometheus',
);
crdHints.add(prometheusShape, {
  exactlyOne: ['query', 'builtin'],
  cel: [['!has(self.countQuery) || has(self.query)', 'countQuery goes with query', '.countQuery']],
});

const trafficMetrics = z.object({
  value: z.enum(builtinMetrics),
  resource: z.enum(['deployments', 'trafficsplits']).prefault('deployments'),
  /** Left out: the template's `window`. */
  window: duration().optional(),
});

const web = z.object({
  url: url(),
  method: z.enum(['GET', 'POST', 'PUT']).prefault('GET'),
  headers: headers(),
  body: z.string().max(16_384).optional(),
  jsonPath: z.string().min(1).max(1024),
  timeout: duration().prefault('10s'),
});

const provider = exactlyOneOf(
  z.object({ trafficMetrics: trafficMetrics.optional(), prometheus: prometheusShape.optional(), web: web.optional() }),
  ['trafficMetrics', 'prometheus', 'web'],
  'provider',
);

const thresholdRange = z.object({ min: z.number().optional(), max: z.number().optional() });
crdHints.add(thresholdRange, {
  cel: [
    ['has(self.min) || has(self.max)', 'needs min, max or both'],
    ['!(has(self.min) && has(self.max)) || self.min <= self.max', 'min must not be greater than max'],
  ],
});

const compare = z.object({
  with: z.literal('Stable').prefault('Stable'),
  alpha: z.number().gt(0).lt(0.5).prefault(0.01),
  minEffect: z.number().min(0).max(1_000_000).prefault(0),
});

const noData = z.object({
  action: z.enum(['Wait', 'Fail', 'Inconclusive']).prefault('Wait'),
  timeout: duration().prefault('5m'),
  // biome-ignore lint/suspicious/noThenProperty: the contract's name; nothing awaits a metric
  then: z.enum(['Inconclusive', 'Fail']).prefault('Inconclusive'),
});

const limit = () => z.int().min(0).max(10_000);
const condition = () => z.string().min(1).max(2048);

/** The fields alone; `template.ts` adds the rules that hold between them. */
export const metricShape = z.object({
  name: z
    .string()
    .min(1)
    .max(63)
    .regex(/^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/, 'must be letters, digits, -, _ and .'),
  interval: duration().optional(),
  initialDelay: duration().prefault('0s'),
  count: z.int().min(1).max(100_000).optional(),
  thresholdRange: thresholdRange.optional(),
  successCondition: condition().optional(),
  failureCondition: condition().optional(),
  failureLimit: limit().prefault(0),
  inconclusiveLimit: limit().prefault(0),
  consecutiveErrorLimit: limit().prefault(4),
  consecutiveSuccessLimit: z.int().min(1).max(10_000).optional(),
  minRequests: z.int().min(1).max(1_000_000_000).optional(),
  noData: noData.prefault({}),
  dryRun: z.boolean().prefault(false),
  compare: compare.optional(),
  provider,
});

const argument = z.object({
  name: z
    .string()
    .min(1)
    .max(63)
    .regex(/^[A-Za-z0-9]([-A-Za-z0-9_]*[A-Za-z0-9])?$/, 'must be letters, digits, - and _'),
  value: z.string().max(4096).optional(),
  valueFrom: exactlyOneOf(z.object({ secretKeyRef: secretKeyRef.optional() }), ['secretKeyRef'], 'valueFrom').optional(),
});
crdHints.add(argument, { cel: [['!(has(self.value) && has(self.valueFrom))', 'value and valueFrom exclude each other']] });
export const argumentShape = argument;

export type Metric = z.output<typeof metricShape>;
export type MetricProvider = z.output<typeof provider>;
export type PrometheusProvider = z.output<typeof prometheusShape>;
export type TrafficMetricsProvider = z.output<typeof trafficMetrics>;
export type WebProvider = z.output<typeof web>;
/** Without `value` and `valueFrom`: whoever uses the template must give it. */
export type Argument = z.output<typeof argument>;
export type Header = z.output<typeof header>;
