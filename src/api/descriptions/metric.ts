import { below, type Descriptions } from './below.ts';

const headers: Descriptions = {
  '': 'Headers of the request.',
  '*.key': 'Name of the header.',
  '*.value': 'Its value. The one place where an argument from a Secret may stand.',
};

const prometheus: Descriptions = {
  '': 'Prometheus, or what speaks its language.',
  address: 'Its URL; by default what the controller was started with (--prometheus-address).',
  query: 'PromQL that gives one number.',
  builtin: 'A ready-made query, in place of one of your own.',
  mesh: 'Whose metrics builtin asks for. auto: those of the mesh that is found.',
  countQuery: 'PromQL for the number of requests in the window: for minRequests, and for compare.',
  timeout: 'How long an answer may take.',
  ...below('headers', headers),
  tls: 'How its certificate is verified.',
  'tls.ca': 'The authority’s certificate, PEM.',
  'tls.caSecretRef': 'The same, from a Secret of the namespace.',
  'tls.caSecretRef.name': 'Name of the Secret.',
  'tls.caSecretRef.key': 'Key in the Secret.',
  'tls.serverName': 'The name that the certificate must be for.',
};

const web: Descriptions = {
  '': 'Any HTTP service that answers with JSON. Loopback and link-local addresses are refused, redirects are not followed, an answer ends at 256 KiB.',
  url: 'What is asked. {{args.NAME}} may stand in path and query.',
  method: 'Of the request.',
  ...below('headers', headers),
  body: 'Of the request, as text.',
  jsonPath: 'Where the value is in the answer: a singular path of RFC 9535.',
  timeout: 'How long an answer may take.',
};

const provider: Descriptions = {
  '': 'Exactly one source.',
  trafficMetrics: 'SMI TrafficMetrics, where the mesh serves them.',
  'trafficMetrics.value': 'What is measured; latencies are in milliseconds.',
  'trafficMetrics.resource': 'Whose: the canary’s Deployment, or its backend in the split.',
  'trafficMetrics.window': 'Over which time; left out: the argument window of the template.',
  ...below('prometheus', prometheus),
  ...below('web', web),
};

const metrics: Descriptions = {
  '': 'What is measured; all of them must pass.',
  '*.name': 'Unique in the run.',
  '*.interval': 'How often; left out: once.',
  '*.initialDelay': 'How long after the start of the run it is first asked.',
  '*.count': 'How many measurements; left out in a background analysis: as long as the release runs.',
  '*.thresholdRange': 'What the value must lie in, its ends included.',
  '*.thresholdRange.min': 'A value below it is a failure.',
  '*.thresholdRange.max': 'A value above it is a failure.',
  '*.successCondition':
    'CEL over result, for example: result >= 0.99. result is a double, and any JSON value of a web answer. Alone it decides both ways.',
  '*.failureCondition':
    'CEL over result, for example: result < 0.95. Beside a successCondition it wins where both hold; where neither holds, the measurement is Inconclusive.',
  '*.failureLimit': 'Failures that are tolerated; one more fails the run.',
  '*.inconclusiveLimit': 'Inconclusive measurements that are tolerated; one more ends the run as Inconclusive.',
  '*.consecutiveErrorLimit': 'Errors in a row that are tolerated; one more ends the run as an Error.',
  '*.consecutiveSuccessLimit': 'So many successes in a row end the metric early.',
  '*.minRequests': 'Fewer requests in the window are no data.',
  '*.noData': 'What silence means. It is never a pass.',
  '*.noData.action': 'Wait: asked again until timeout. Fail, Inconclusive: counted as one such measurement.',
  '*.noData.timeout': 'How long Wait waits, from the first silence on.',
  '*.noData.then': 'What the metric ends as when that time is up.',
  '*.dryRun': 'Measured and shown, but never a verdict.',
  '*.compare': 'In place of a threshold: a sequential test of the canary against stable.',
  '*.compare.with': 'Stable.',
  '*.compare.alpha': 'How likely a good canary may be failed by chance.',
  '*.compare.minEffect': 'Smaller losses than this never fail.',
  ...below('*.provider', provider),
};

const args: Descriptions = {
  '': 'What {{args.NAME}} stands for. Without a value, whoever uses the template must give one.',
  '*.name': 'NAME.',
  '*.value': 'Its value, unless whoever uses the template gives another.',
  '*.valueFrom': 'A value from elsewhere; stands in headers only.',
  '*.valueFrom.secretKeyRef': 'A key of a Secret of the run’s namespace.',
  '*.valueFrom.secretKeyRef.name': 'Name of the Secret.',
  '*.valueFrom.secretKeyRef.key': 'Key in the Secret.',
};

export const template: Descriptions = {
  spec: 'What to measure, and what the answers mean.',
  ...below('spec.args', args),
  ...below('spec.metrics', metrics),
};
