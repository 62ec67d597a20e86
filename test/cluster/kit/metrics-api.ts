// An aggregated API server behind a plain Service: SMI TrafficMetrics out of the real Prometheus, in the shapes of smi-metrics, and
// the resource metrics that an autoscaler asks for (CPU in proportion to the requests that a Pod really answered).
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { endWithParent, log, settings, tellReady } from './child.ts';
import { apiClient, type ClientOptions } from './client.ts';
import { METRICS_API, SYSTEM_NAMESPACE } from './layout.ts';
import { PodUsage } from './pod-usage.ts';
import { NoSeries, trafficMetrics } from './traffic-metrics.ts';
import { waitFor } from './wait.ts';

interface Settings extends ClientOptions {
  readonly certFile: string;
  readonly keyFile: string;
}

const options = settings<Settings>();
const client = apiClient(options);
const usage = new PodUsage(client);

const GROUPS: Readonly<Record<string, readonly { name: string; kind: string }[]>> = {
  'metrics.smi-spec.io/v1alpha1': [{ name: 'deployments', kind: 'TrafficMetrics' }],
  'metrics.smi-spec.io/v1alpha2': [
    { name: 'deployments', kind: 'TrafficMetrics' },
    { name: 'trafficsplits', kind: 'TrafficMetrics' },
  ],
  'metrics.k8s.io/v1beta1': [{ name: 'pods', kind: 'PodMetrics' }],
};

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://metrics-api');
  const reply = (status: number, body: unknown) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const [, apis, group, version, scope, namespace, resource, name] = url.pathname.split('/');
  const groupVersion = `${group}/${version}`;
  const resources = GROUPS[groupVersion];
  if (apis !== 'apis' || resources === undefined) return void reply(404, { error: 'not found' });
  if (scope === undefined) {
    const list = resources.map((each) => ({ ...each, singularName: '', namespaced: true, verbs: ['get', 'list'] }));
    return void reply(200, { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: list });
  }
  if (scope !== 'namespaces' || namespace === undefined || !resources.some((each) => each.name === resource))
    return void reply(404, { error: 'not found' });
  try {
    if (group === 'metrics.k8s.io') reply(200, await usage.read(namespace, name, url.searchParams.get('labelSelector') ?? ''));
    else
      reply(
        200,
        await trafficMetrics(client, {
          apiVersion: groupVersion,
          namespace,
          resource: resource ?? '',
          name,
          window: url.searchParams.get('t'),
        }),
      );
  } catch (error) {
    // No Status objects and no reason: that is how the real one says "no such series".
    if (!(error instanceof NoSeries)) log('metrics failed', { url: request.url, error: String(error) });
    reply(500, { error: 'unable to lookup metrics' });
  }
}

async function register(): Promise<void> {
  const metadata = { name: 'metrics-api', namespace: SYSTEM_NAMESPACE };
  const port = { name: 'https', port: METRICS_API.port, protocol: 'TCP' };
  await client.apply({ apiVersion: 'v1', kind: 'Service', metadata, spec: { clusterIP: METRICS_API.host, ports: [port] } } as never);
  const slice = { ...metadata, labels: { 'kubernetes.io/service-name': 'metrics-api' } };
  const endpoints = [{ addresses: ['10.0.0.1'], conditions: { ready: true } }];
  await client.apply({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: slice,
    addressType: 'IPv4',
    endpoints,
    ports: [port],
  } as never);
  const caBundle = readFileSync(options.caFile).toString('base64');
  for (const groupVersion of Object.keys(GROUPS)) {
    const [group = '', version = ''] = groupVersion.split('/');
    const spec = {
      group,
      version,
      service: { name: 'metrics-api', namespace: SYSTEM_NAMESPACE, port: METRICS_API.port },
      caBundle,
      groupPriorityMinimum: 100,
      versionPriority: 100,
    };
    await client.apply({
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: `${version}.${group}` },
      spec,
    } as never);
  }
  await waitFor('the aggregation layer to serve it', async () => {
    const answers = await Promise.all(Object.keys(GROUPS).map((groupVersion) => client.raw('GET', `/apis/${groupVersion}`)));
    return answers.every(({ status }) => status === 200);
  });
}

async function run(): Promise<void> {
  const server = createServer(
    { cert: readFileSync(options.certFile), key: readFileSync(options.keyFile) },
    (request, response) => void answer(request, response),
  );
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(METRICS_API.port, METRICS_API.host, resolve));
  await register();
  tellReady();
}

endWithParent();
process.on('unhandledRejection', (error) => log('unhandled', { error: String(error) }));
void run();
