import type { ApiAnswer, ApiPort, ApiRequest } from './api/index.ts';

/** Looks at a write before the API server does: lets it pass, changes it, or answers in its place. */
export type AdmissionHook = (request: ApiRequest) => ApiRequest | ApiAnswer | undefined;

export interface AdmittedPort extends ApiPort {
  /** Hooks are asked in the order in which they came; the returned function removes it. */
  admit(hook: AdmissionHook): () => void;
  /** The same admission before another front end of the server. */
  behind(port: ApiPort): AdmittedPort;
}

/** The API server behind admission that can be changed while it runs: quotas, webhooks that deny or mutate. */
export function admittedPort(port: ApiPort, hooks = new Set<AdmissionHook>()): AdmittedPort {
  return {
    request(given) {
      let request = given;
      if (given.method !== 'GET') {
        for (const hook of hooks) {
          const result = hook(request);
          if (result === undefined) continue;
          if ('status' in result) return result;
          request = result;
        }
      }
      return port.request(request);
    },
    watch: (request, onReady) => port.watch(request, onReady),
    admit(hook) {
      hooks.add(hook);
      return () => {
        hooks.delete(hook);
      };
    },
    behind: (other) => admittedPort(other, hooks),
  };
}

/** 403, as admission refuses. */
export function denied(message: string, reason = 'Forbidden'): ApiAnswer {
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code: 403 };
  return { status: 403, headers: { 'content-type': 'application/json' }, body };
}

/** Places pods on a node as they are made: a write less for each than a scheduler needs. */
export function placedOn(nodeName: string): AdmissionHook {
  return (request) => {
    if (request.method !== 'POST' || !/^\/api\/v1\/namespaces\/[^/]+\/pods$/.test(request.path)) return undefined;
    const pod = request.body as { readonly spec?: object };
    return { ...request, body: { ...pod, spec: { nodeName, ...pod.spec } } };
  };
}

/** At most so many pods in the namespace, as a ResourceQuota named `pods` says it. */
export function podQuota(port: ApiPort, namespace: string, most: number): AdmissionHook {
  const path = `/api/v1/namespaces/${namespace}/pods`;
  return (request) => {
    if (request.method !== 'POST' || request.path !== path) return undefined;
    const { body } = port.request({ method: 'GET', path });
    const used = (body as { readonly items?: readonly unknown[] }).items?.length ?? 0;
    if (used < most) return undefined;
    const { metadata } = request.body as { readonly metadata?: { readonly name?: string; readonly generateName?: string } };
    const name = metadata?.name ?? `${metadata?.generateName ?? ''}xxxxx`;
    return denied(`pods "${name}" is forbidden: exceeded quota: pods, requested: pods=1, used: pods=${used}, limited: pods=${most}`);
  };
}
