import { isObject } from '../lib/index.ts';
import type { ApiAnswer, ApiLine, ApiPort, ApiRequest, CallFault, Faults } from './api/index.ts';
import { createLine, type LineOptions } from './api/index.ts';
import type { Port, PortAnswer } from './http-port.ts';

/** A server that the API server passes requests of one group on to. */
export interface AggregatedApi {
  readonly group: string;
  readonly answer: Port;
}

export interface Aggregator {
  /** The API server, and what is behind it. */
  readonly port: ApiPort;
  /** Lines from outside to it: what the aggregated server does to an answer happens to it on the way. */
  line(options: Omit<LineOptions, 'port'>): ApiLine;
}

/** An API server with one more group, that is served elsewhere. */
export function aggregated(port: ApiPort, api: AggregatedApi): Aggregator {
  const prefix = `/apis/${api.group}`;
  const fates = new WeakMap<ApiAnswer, CallFault>();

  function forwarded(request: ApiRequest): ApiAnswer {
    const [, , , version] = request.path.split('/');
    if (version !== undefined && !serves(port, api, version)) return port.request(request);
    const reply = api.answer({ method: request.method, url: urlOf(request), headers: request.headers ?? {} });
    const answer = version === undefined ? withRegistered(answerOf(reply), port, api) : answerOf(reply);
    const fate = fateOf(reply);
    if (fate !== undefined) fates.set(answer, fate);
    return answer;
  }

  const behind: ApiPort = {
    request(request) {
      if (request.path === prefix || request.path.startsWith(`${prefix}/`)) return forwarded(request);
      const answer = port.request(request);
      return request.path === '/apis' && request.method === 'GET' ? withGroup(answer, port, api) : answer;
    },
    watch: (request, onReady) => port.watch(request, onReady),
  };
  return {
    port: behind,
    line: ({ faults = {}, ...options }) => createLine({ ...options, port: behind, faults: withFates(faults, fates) }),
  };
}

const services = '/apis/apiregistration.k8s.io/v1/apiservices';

/** Where APIServices name versions of the group, those alone are served; where none does, all. */
function serves(port: ApiPort, { group }: AggregatedApi, version: unknown): boolean {
  const { body } = port.request({ method: 'GET', path: services });
  const items = isObject(body) && Array.isArray(body.items) ? body.items : [];
  const registered = items.flatMap((item) =>
    isObject(item) && isObject(item.spec) && item.spec.group === group ? [item.spec.version] : [],
  );
  return registered.length === 0 || registered.includes(version);
}

/** The group with the versions that are served. */
function registeredOf(group: Readonly<Record<string, unknown>>, port: ApiPort, api: AggregatedApi): Readonly<Record<string, unknown>> {
  const all = Array.isArray(group.versions) ? group.versions : [];
  const versions = all.filter((each) => isObject(each) && serves(port, api, each.version));
  return { ...group, versions, preferredVersion: versions[0] };
}

function withRegistered(answer: ApiAnswer, port: ApiPort, api: AggregatedApi): ApiAnswer {
  const group = answer.status === 200 ? parsed(answer.body) : undefined;
  return group === undefined ? answer : { ...answer, body: JSON.stringify(registeredOf(group, port, api)) };
}

function withFates(faults: Faults, fates: WeakMap<ApiAnswer, CallFault>): Faults {
  return {
    arriving: (request) => faults.arriving?.(request),
    serving: (request) => faults.serving?.(request),
    leaving: (request, answer) => fates.get(answer) ?? faults.leaving?.(request, answer),
    streaming: (request, event) => faults.streaming?.(request, event),
  };
}

function urlOf({ path, query = {} }: ApiRequest): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, String(value));
  return given.size === 0 ? path : `${path}?${given}`;
}

function answerOf(reply: PortAnswer): ApiAnswer {
  if (reply.kind === 'reply') return { status: reply.status, headers: reply.headers, body: reply.body };
  return { status: 503, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'service unavailable\n' };
}

function fateOf(reply: PortAnswer): CallFault | undefined {
  if (reply.kind === 'silence') return { kind: 'silence' };
  if (reply.kind === 'refused') return undefined;
  if (reply.brokenAfterBytes !== undefined) return { kind: 'reset' };
  return reply.afterMs > 0 ? { kind: 'delay', delayMs: reply.afterMs } : undefined;
}

/** The list of groups, in either of its two forms, with this one at the end. */
function withGroup(answer: ApiAnswer, port: ApiPort, api: AggregatedApi): ApiAnswer {
  const { body } = answer;
  if (answer.status !== 200 || !isObject(body)) return answer;
  const known = read(api, `/apis/${api.group}`);
  if (known === undefined) return answer;
  const group = registeredOf(known, port, api);
  if (Array.isArray(body.groups)) return { ...answer, body: { ...body, groups: [...body.groups, group] } };
  if (!Array.isArray(body.items)) return answer;
  return { ...answer, body: { ...body, items: [...body.items, discovered(api, group)] } };
}

function read({ answer }: AggregatedApi, url: string): Readonly<Record<string, unknown>> | undefined {
  const reply = answer({ method: 'GET', url, headers: {} });
  return reply.kind === 'reply' && reply.status === 200 ? parsed(reply.body) : undefined;
}

function parsed(text: unknown): Readonly<Record<string, unknown>> | undefined {
  try {
    const body: unknown = JSON.parse(String(text));
    return isObject(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

/** As kubectl reads it: everything about the group at once. */
function discovered(api: AggregatedApi, { versions }: Readonly<Record<string, unknown>>): unknown {
  const names = (Array.isArray(versions) ? versions : []).flatMap((version) => (isObject(version) ? [String(version.version)] : []));
  return {
    metadata: { name: api.group, creationTimestamp: null },
    versions: names.map((version) => ({ version, resources: resourcesOf(api, version), freshness: 'Current' })),
  };
}

function resourcesOf(api: AggregatedApi, version: string): readonly unknown[] {
  const listed = read(api, `/apis/${api.group}/${version}`)?.resources;
  return (Array.isArray(listed) ? listed : []).filter(isObject).map(({ name, kind, namespaced, singularName, verbs }) => ({
    resource: name,
    responseKind: { group: api.group, version, kind },
    scope: namespaced === true ? 'Namespaced' : 'Cluster',
    singularResource: singularName,
    verbs,
  }));
}
