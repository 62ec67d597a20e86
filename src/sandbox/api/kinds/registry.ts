import type { ApiObject } from '../port.ts';
import { deployments, replicaSets } from './apps.ts';
import { configMaps, endpoints, namespaces, nodes, secrets, serviceAccounts } from './core.ts';
import { customKind } from './custom.ts';
import { definitions } from './definitions.ts';
import { events, newerEvents } from './events.ts';
import type { Kind, KindVersion } from './kind.ts';
import {
  admissionPolicies,
  admissionPolicyBindings,
  apiServices,
  clusterRoleBindings,
  clusterRoles,
  endpointSlices,
  horizontalPodAutoscalers,
  leases,
  roleBindings,
  roles,
} from './others.ts';
import { pods } from './pods.ts';
import { services } from './services.ts';

const builtins: readonly Kind[] = [
  ...[configMaps, endpoints, events, namespaces, nodes, pods, secrets, serviceAccounts, services],
  ...[deployments, replicaSets, horizontalPodAutoscalers, endpointSlices, leases, newerEvents],
  ...[roles, roleBindings, clusterRoles, clusterRoleBindings, admissionPolicies, admissionPolicyBindings, apiServices, definitions],
];

export interface ServedKind {
  readonly kind: Kind;
  readonly version: KindVersion;
}

/** The kinds that are served: the built-in ones, and those of the CustomResourceDefinitions that are stored. */
export class KindRegistry {
  readonly #kinds = new Map<string, Kind>(builtins.map((kind) => [keyOf(kind.group, kind.plural), kind]));

  define(definition: ApiObject): Kind {
    const kind = customKind(definition);
    this.#kinds.set(keyOf(kind.group, kind.plural), kind);
    return kind;
  }

  /** `name` is the definition's: `plural.group`. The kind that is served no more. */
  forget(name: string): Kind | undefined {
    const dot = name.indexOf('.');
    const key = keyOf(name.slice(dot + 1), name.slice(0, dot));
    const kind = this.#kinds.get(key);
    this.#kinds.delete(key);
    return kind;
  }

  find(group: string, version: string, plural: string): ServedKind | undefined {
    const kind = this.#kinds.get(keyOf(group, plural));
    const found = kind?.versions.find(({ name, served }) => name === version && served);
    return kind === undefined || found === undefined ? undefined : { kind, version: found };
  }

  /** The kind of a group by its name, as owner references and scale targets call it. */
  byKind(group: string, name: string): Kind | undefined {
    return this.all().find((kind) => kind.group === group && kind.kind === name);
  }

  get(group: string, plural: string): Kind | undefined {
    return this.#kinds.get(keyOf(group, plural));
  }

  all(): readonly Kind[] {
    return [...this.#kinds.values()];
  }
}

const keyOf = (group: string, plural: string): string => `${group}/${plural}`;

export { definitions, namespaces, pods, services };
