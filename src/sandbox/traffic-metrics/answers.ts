import type { Drawn } from '../fault-switch.ts';
import type { ResourceKind } from './discovery.ts';
import { type Measured, measure } from './measure.ts';
import { type ObjectFacts, trafficMetrics } from './objects.ts';
import { goDuration } from './quantity.ts';
import { type Quirks, smiMetrics, type TrafficMetricsFault } from './quirks.ts';
import type { Ask } from './samples.ts';

/** A TrafficSplit, as far as metrics of its backends need it. */
export interface SplitFacts {
  readonly service: string;
  readonly backends: readonly { readonly service: string; readonly weight: number | string }[];
}

/** Where the numbers come from. */
export interface Means {
  /** Linkerd's series, in whatever Prometheus they are. */
  readonly ask: Ask;
  readonly splitOf?: (namespace: string, name: string) => SplitFacts | undefined;
  readonly quirks?: Quirks;
}

export type Struck = Drawn<TrafficMetricsFault>;

export interface Question {
  readonly version: string;
  /** Empty: all of them. */
  readonly namespace: string;
  readonly resource: ResourceKind;
  /** Undefined: a list. */
  readonly name: string | undefined;
  readonly wantsEdges: boolean;
  readonly windowMs: number;
  readonly atMs: number;
}

export const factsOf = ({ version, resource, windowMs, atMs }: Question, name: string, namespace: string): ObjectFacts => ({
  version,
  plural: resource.plural,
  resource: { kind: resource.kind, namespace, name },
  edge: { direction: 'from', resource: null },
  atMs,
  windowMs,
});

/** The objects of the answer; undefined where Prometheus failed. */
export function objectsFor(question: Question, means: Means, drawn: Struck): readonly unknown[] | undefined {
  if (question.wantsEdges) return edgeObjects(question, means, drawn);
  return question.resource.plural === 'trafficsplits' ? splitObjects(question, means, drawn) : workloadObjects(question, means, drawn);
}

/** One question about Linkerd's series, in the question's window. */
function measured(selector: string, by: readonly string[], question: Question, means: Means, drawn: Struck) {
  const { windowMs, atMs } = question;
  // Parts of a second go into the query as they are, and Prometheus cannot read them: the real one fails so, too.
  const wanted = { selector, by, window: goDuration(windowMs), atMs };
  const { change } = drawn.find('value') ?? {};
  const ask: Ask = (query, at) => {
    const samples = means.ask(query, at);
    return samples === undefined || change === undefined ? samples : change(samples);
  };
  return measure(wanted, (means.quirks ?? smiMetrics).latency, ask);
}

const matching = (label: string, value: string): string => `${label}=~"${value === '' ? '.+' : value}"`;

function shown(facts: ObjectFacts, { values }: Measured, means: Means, drawn: Struck): unknown {
  const { name = facts.resource.name } = drawn.find('stranger') ?? {};
  const resource = { ...facts.resource, name };
  return trafficMetrics({ ...facts, resource }, values, means.quirks ?? smiMetrics, drawn.find('without')?.metric);
}

function workloadObjects(question: Question, means: Means, drawn: Struck): readonly unknown[] | undefined {
  const { resource, namespace, name = '' } = question;
  const selector = `${matching('namespace', namespace)}, ${matching(resource.label, name)}, direction="inbound"`;
  const found = measured(selector, [resource.label, 'namespace'], question, means, drawn);
  return found?.map((each) =>
    shown(factsOf(question, each.labels.get(resource.label) ?? '', each.labels.get('namespace') ?? ''), each, means, drawn),
  );
}

/** One object per backend that has series, as the clients' proxies see it. */
function splitObjects(question: Question, means: Means, drawn: Struck): readonly unknown[] | undefined {
  const { namespace, name } = question;
  const split = name === undefined ? undefined : means.splitOf?.(namespace, name);
  if (split === undefined || name === undefined) return [];
  const services = split.backends.map(({ service }) => service).join('|');
  const selector = `dst_namespace="${namespace}", ${matching('dst_service', services)}, direction="outbound"`;
  const found = measured(selector, ['dst_service', 'dst_namespace'], question, means, drawn);
  return found?.map((each) => {
    const service = each.labels.get('dst_service') ?? '';
    const weight = String(split.backends.find((backend) => backend.service === service)?.weight ?? 0);
    const facts: ObjectFacts = {
      ...factsOf(question, name, namespace),
      edge: { direction: 'from', side: 'client', resource: null },
      backend: { apex: split.service, name: service, weight },
    };
    return shown(facts, each, means, drawn);
  });
}

/** Whom it calls, and who calls it, each with numbers of its own. */
function edgeObjects(question: Question, means: Means, drawn: Struck): readonly unknown[] | undefined {
  const { resource, namespace, name = '' } = question;
  const { label, kind } = resource;
  const by = [label, `dst_${label}`, 'namespace', 'dst_namespace'];
  const calls = measured(`namespace="${namespace}", ${matching(label, name)}, dst_${label}=~".+"`, by, question, means, drawn);
  const callers = measured(`dst_namespace="${namespace}", dst_${label}=~"${name}", ${label}=~".+"`, by, question, means, drawn);
  if (calls === undefined || callers === undefined) return undefined;
  const edge = (direction: 'to' | 'from', prefix: '' | 'dst_', each: Measured): unknown => {
    const other = { kind, namespace: each.labels.get(`${prefix}namespace`) ?? '', name: each.labels.get(`${prefix}${label}`) ?? '' };
    return shown({ ...factsOf(question, name, namespace), edge: { direction, side: 'client', resource: other } }, each, means, drawn);
  };
  return [...calls.map((each) => edge('to', 'dst_', each)), ...callers.map((each) => edge('from', '', each))];
}
