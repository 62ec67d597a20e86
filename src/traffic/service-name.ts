/** A Service, whichever way its name was spelled. */
export interface ServiceName {
  readonly namespace: string;
  readonly name: string;
}

/**
 * Reads `svc`, `svc.ns`, `svc.ns.svc` and `svc.ns.svc.<domain>`, with or without port or final dot: producers of splits spell
 * roots in all these ways. What is none of them stays whole, so that it equals nothing but itself.
 */
export function parseServiceName(spelled: string, namespace: string): ServiceName {
  const text = spelled.trim().toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');
  const [name = '', ownNamespace, marker] = text.split('.');
  if (ownNamespace === undefined) return { namespace, name };
  if (name === '' || ownNamespace === '' || (marker !== undefined && marker !== 'svc')) return { namespace, name: text };
  return { namespace: ownNamespace, name };
}

/** The plain name where the Service is in `namespace`; `name.namespace` where it is not. */
export function plainServiceName(spelled: string, namespace: string): string {
  const parsed = parseServiceName(spelled, namespace);
  return parsed.namespace === namespace ? parsed.name : `${parsed.name}.${parsed.namespace}`;
}

/** `namespace/name`: one key for all spellings. */
export function serviceKey(spelled: string, namespace: string): string {
  const parsed = parseServiceName(spelled, namespace);
  return `${parsed.namespace}/${parsed.name}`;
}
