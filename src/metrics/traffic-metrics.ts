import type { Answer } from '../core/analysis/question.ts';
import type { KubeFailure } from '../kube/failure.ts';
import { formatDuration } from '../lib/duration.ts';
import { isObject } from '../lib/json.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import {
  abortedAnswer,
  failed,
  invalid,
  kubernetesServer,
  type MetricIo,
  type MetricSource,
  noData,
  type ProviderOf,
  type SourceAnswer,
  unreadable,
} from './source.ts';
import { trafficMetricsAnswer } from './traffic-metrics-object.ts';

const group = '/apis/metrics.smi-spec.io';
const timeoutMs = 10_000;
const discoveryLivesMs = 300_000;

type Version = 'v1alpha1' | 'v1alpha2';
type Resource = ProviderOf<'trafficMetrics'>['resource'];
type Served = Readonly<Partial<Record<Version, readonly string[]>>>;

/** SMI TrafficMetrics, read through the API server's aggregation. Remembers which versions are served. */
export function createTrafficMetricsSource(): MetricSource<'trafficMetrics'> {
  const discovery = new Discovery();
  return {
    kind: 'trafficMetrics',
    serverOf: () => kubernetesServer,
    timeoutMsOf: () => timeoutMs,
    async ask(provider, io, signal) {
      const version = await discovery.versionFor(provider.resource, io, signal);
      if (signal.aborted) return abortedAnswer(signal);
      if (!version.ok) return version.failure;
      const reply = await io.kubeGet(pathOf(provider, version.value), { t: wholeSeconds(provider.windowMs) }, signal);
      if (signal.aborted) return abortedAnswer(signal);
      if (reply.ok) return bodyAnswer(provider, reply.value, io.clock.nowMs());
      if (reply.failure.status === 404) discovery.forget();
      return failureAnswer(reply.failure);
    },
  };
}

/** smi-metrics prints a part of a second as `10.04s` into its query, which Prometheus cannot read. Rounded down: the window begins no earlier. */
const wholeSeconds = (windowMs: number): string => formatDuration(Math.max(1_000, Math.floor(windowMs / 1_000) * 1_000));

function pathOf({ resource, subject }: ProviderOf<'trafficMetrics'>, version: Version): string {
  const name = resource === 'deployments' ? subject.workload : subject.split;
  return `${group}/${version}/namespaces/${encodeURIComponent(subject.namespace)}/${resource}/${encodeURIComponent(name)}`;
}

function bodyAnswer(provider: ProviderOf<'trafficMetrics'>, reply: unknown, nowMs: number): SourceAnswer {
  if (reply === undefined || reply === null || reply === '') return noData('the server answered without content');
  const body = typeof reply === 'string' ? parseJson(reply) : reply;
  return body === undefined ? unreadable(reply, 'the answer is no JSON') : trafficMetricsAnswer(provider, body, nowMs);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function failureAnswer(failure: KubeFailure): Answer {
  const message = `TrafficMetrics: ${failure.kind}: ${failure.message}`;
  // How smi-metrics says that no series match the name.
  if (failure.status === 500 && failure.message.includes('unable to lookup metrics')) return noData('no series of this workload');
  if (failure.status === 400 || failure.status === 422) return invalid(message);
  return failed(message, failure.retryAfterMs);
}

class Discovery {
  #served: { readonly atMs: number; readonly versions: Served } | undefined;

  forget(): void {
    this.#served = undefined;
  }

  async versionFor(resource: Resource, io: MetricIo, signal: AbortSignal): Promise<Result<Version, Answer>> {
    const nowMs = io.clock.monotonicMs();
    if (this.#served === undefined || nowMs - this.#served.atMs > discoveryLivesMs) {
      const versions = await discover(io, signal);
      if (!versions.ok) return fail(failureAnswer(versions.failure));
      this.#served = { atMs: nowMs, versions: versions.value };
    }
    const version = chooseVersion(this.#served.versions, resource);
    return version === undefined ? fail(failed(`metrics.smi-spec.io serves no ${resource}`)) : ok(version);
  }
}

/** v1alpha2 is a draft whose only gain is `trafficsplits`; where it does not list them it is no better than v1alpha1. */
export function chooseVersion({ v1alpha1, v1alpha2 }: Served, resource: Resource): Version | undefined {
  if (v1alpha2?.includes('trafficsplits') && v1alpha2.includes(resource)) return 'v1alpha2';
  if (v1alpha1?.includes(resource)) return 'v1alpha1';
  return v1alpha2?.includes(resource) ? 'v1alpha2' : undefined;
}

/** What a server without a list of resources is taken to serve. */
const assumed: Readonly<Record<Version, readonly string[]>> = { v1alpha1: ['deployments'], v1alpha2: [] };

function resourceNames(list: unknown): readonly string[] {
  const resources: readonly unknown[] = isObject(list) && Array.isArray(list.resources) ? list.resources : [];
  return resources.flatMap((each) => (isObject(each) && typeof each.name === 'string' ? [each.name] : []));
}

async function discover(io: MetricIo, signal: AbortSignal): Promise<Result<Served, KubeFailure>> {
  const found = await io.kubeGet(group, {}, signal);
  if (!found.ok) return found;
  const listed = isObject(found.value) && Array.isArray(found.value.versions) ? found.value.versions : [];
  const served: Partial<Record<Version, readonly string[]>> = {};
  for (const version of ['v1alpha1', 'v1alpha2'] as const) {
    if (!listed.some((each) => isObject(each) && each.version === version)) continue;
    const resources = await io.kubeGet(`${group}/${version}`, {}, signal);
    if (!resources.ok && resources.failure.status !== 404) return resources;
    served[version] = resources.ok ? resourceNames(resources.value) : assumed[version];
  }
  return ok(served);
}
