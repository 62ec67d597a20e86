import { resourcePath } from '../../../kube/index.ts';
import { isObject, sameJson } from '../../../lib/index.ts';
import type { ApiObject, ApiPort } from '../../api/index.ts';
import {
  type Autoscaler,
  type Condition,
  draftOf,
  hasAll,
  isReady,
  type Labels,
  type Pod,
  resources,
  type Scale,
  timeText,
} from '../../objects/index.ts';
import { after, done, type Informer, type Outcome, Worker } from '../../watch/index.ts';
import type { ControllerContext } from '../context.ts';
import { type Desired, desiredReplicas, type Wish } from './desired.ts';

/** How much of what they should use these pods use: 1 is right. Undefined: nothing is known. */
export type Usage = (autoscaler: Autoscaler, pods: readonly Pod[]) => number | undefined;

export interface AutoscalerOptions {
  readonly context: ControllerContext;
  readonly port: ApiPort;
  readonly usage: Usage;
  /** From look to look. Default: 15 s. */
  readonly periodMs?: number;
  /** How long less has to be enough before the count goes down, where the autoscaler does not say. Default: five minutes. */
  readonly steadyMs?: number;
}

const usualPeriodMs = 15_000;
const usualSteadyMs = 300_000;
const memoryMs = 3_600_000;

interface Memory {
  wishes: readonly Wish[];
  counts: readonly Wish[];
}

/** Writes the `/scale` of what autoscalers aim at, every so often. */
export class AutoscalerController {
  readonly #context: ControllerContext;
  readonly #port: ApiPort;
  readonly #usage: Usage;
  readonly #periodMs: number;
  readonly #steadyMs: number;
  readonly #autoscalers: Informer<Autoscaler>;
  readonly #pods: Informer<Pod>;
  readonly #definitions: Informer<ApiObject>;
  readonly #worker: Worker;
  readonly #memories = new Map<string, Memory>();

  constructor({ context, port, usage, periodMs = usualPeriodMs, steadyMs = usualSteadyMs }: AutoscalerOptions) {
    this.#context = context;
    this.#port = port;
    this.#usage = usage;
    this.#periodMs = periodMs;
    this.#steadyMs = steadyMs;
    const { informers, clock, delayMs } = context;
    this.#autoscalers = informers.of(resources.autoscalers);
    this.#pods = informers.of(resources.pods);
    this.#definitions = informers.of(resources.definitions);
    this.#worker = new Worker({ clock, delayMs, sync: () => informers.sync(), work: (key) => this.#reconcile(key) });
    this.#autoscalers.onChange(({ key, type }) => {
      if (type === 'added') this.#worker.add(key);
      if (type === 'deleted') this.#memories.delete(key);
    });
  }

  #reconcile(key: string): Outcome {
    const autoscaler = this.#autoscalers.get(key);
    if (autoscaler === undefined) return done;
    this.#scale(key, autoscaler);
    return after(this.#periodMs);
  }

  #scale(key: string, autoscaler: Autoscaler): void {
    const path = this.#scalePath(autoscaler);
    const scale = path === undefined ? undefined : this.#read(path);
    if (path === undefined || scale === undefined) {
      this.#report(autoscaler, undefined, [ableToScale(false, 'FailedGetScale')]);
      return;
    }
    const current = scale.spec?.replicas ?? 0;
    if (current === 0) {
      this.#report(autoscaler, scale, [ableToScale(true, 'SucceededGetScale'), scalingActive(false, 'ScalingDisabled')]);
      return;
    }
    const { desired, isKnown } = this.#reckon(key, autoscaler, scale, current);
    const active = scalingActive(isKnown, isKnown ? 'ValidMetricFound' : 'FailedGetResourceMetric');
    if (desired === undefined || desired.replicas === current) {
      this.#report(autoscaler, scale, [ableToScale(true, 'ReadyForNewScale'), active, limited(desired)]);
      return;
    }
    const next = { ...scale, spec: { ...scale.spec, replicas: desired.replicas } };
    const headers = { 'content-type': 'application/json', 'user-agent': 'horizontal-pod-autoscaler' };
    const { status } = this.#port.request({ method: 'PUT', path, body: next, headers });
    const able = status < 300 ? ableToScale(true, 'SucceededRescale') : ableToScale(false, 'FailedUpdateScale');
    this.#report(autoscaler, scale, [able, active, limited(desired)], status < 300 ? desired : undefined);
  }

  #reckon(key: string, autoscaler: Autoscaler, { status }: Scale, current: number): { desired: Desired | undefined; isKnown: boolean } {
    const nowMs = this.#context.clock.nowMs();
    const memory = this.#memories.get(key) ?? { wishes: [], counts: [] };
    this.#memories.set(key, memory);
    const recent = (all: readonly Wish[]) => all.filter(({ atMs }) => atMs > nowMs - memoryMs);
    const pods = this.#podsOf(autoscaler.metadata.namespace, status?.selector ?? '');
    const usage = pods.length === 0 ? undefined : this.#usage(autoscaler, pods);
    const { wishes, counts } = memory;
    const desired = desiredReplicas({ autoscaler, current, usage, wishes, counts, nowMs, steadyMs: this.#steadyMs });
    if (desired !== undefined) memory.wishes = [...recent(memory.wishes), { atMs: nowMs, replicas: desired.wish }];
    memory.counts = [...recent(memory.counts), { atMs: nowMs, replicas: current }];
    return { desired, isKnown: usage !== undefined };
  }

  #podsOf(namespace: string | undefined, selector: string): readonly Pod[] {
    const wanted: Labels = Object.fromEntries(selector.split(',').flatMap((part) => (part.includes('=') ? [part.split('=')] : [])));
    if (Object.keys(wanted).length === 0) return [];
    return [...this.#pods.items.values()].filter(
      (pod) => pod.metadata.namespace === namespace && hasAll(wanted, pod.metadata.labels) && isReady(pod),
    );
  }

  /** Where the scale of the target is. Kinds of one's own are looked up by their definition. */
  #scalePath({ metadata: { namespace }, spec: { scaleTargetRef } }: Autoscaler): string | undefined {
    const { apiVersion = 'apps/v1', kind, name } = scaleTargetRef;
    const slash = apiVersion.indexOf('/');
    const [group, version] = slash < 0 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
    const plural =
      [resources.deployments, resources.replicaSets].find((known) => known.kind === kind && known.group === group)?.plural ??
      this.#pluralOf(group, kind);
    return plural === undefined
      ? undefined
      : resourcePath({ group, version, plural, kind, namespaced: true }, { namespace, name }, 'scale');
  }

  #pluralOf(group: string, kind: string): string | undefined {
    for (const { spec } of this.#definitions.items.values()) {
      const names = isObject(spec) && spec.group === group && isObject(spec.names) ? spec.names : undefined;
      if (names?.kind === kind) return String(names.plural);
    }
    return undefined;
  }

  #read(path: string): Scale | undefined {
    const { status, body } = this.#port.request({ method: 'GET', path });
    return status < 300 ? (body as Scale) : undefined;
  }

  #report(autoscaler: Autoscaler, scale: Scale | undefined, conditions: readonly Condition[], scaled?: Desired): void {
    const nowMs = this.#context.clock.nowMs();
    const known = autoscaler.status?.conditions ?? [];
    const current = scale?.status?.replicas ?? autoscaler.status?.currentReplicas ?? 0;
    const status = {
      ...autoscaler.status,
      currentReplicas: current,
      desiredReplicas: scaled?.replicas ?? scale?.spec?.replicas ?? 0,
      ...(scaled === undefined ? {} : { lastScaleTime: timeText(nowMs) }),
      conditions: conditions.map((condition) => {
        const before = known.find(({ type }) => type === condition.type);
        const since = before?.status === condition.status ? before.lastTransitionTime : undefined;
        return { ...condition, lastTransitionTime: since ?? timeText(nowMs) };
      }),
    };
    if (!sameJson(autoscaler.status, status))
      this.#context.client.replace(resources.autoscalers, draftOf({ ...autoscaler, status }), { subresource: 'status' });
  }
}

const condition = (type: string, is: boolean, reason: string): Condition => ({ type, status: is ? 'True' : 'False', reason, message: '' });
const ableToScale = (is: boolean, reason: string): Condition => condition('AbleToScale', is, reason);
const scalingActive = (is: boolean, reason: string): Condition => condition('ScalingActive', is, reason);
const limited = (desired: Desired | undefined): Condition =>
  desired?.isLimited === true
    ? condition('ScalingLimited', true, 'TooManyReplicas')
    : condition('ScalingLimited', false, 'DesiredWithinRange');
