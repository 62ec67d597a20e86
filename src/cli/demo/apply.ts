import { isObject } from '../../lib/index.ts';
import type { Written } from './files.ts';

/** Where a kind is served. */
interface Place {
  readonly plural: string;
  readonly isNamespaced: boolean;
}

/** `kubectl apply`, over HTTP: what is not there is created, what is there becomes what was written. */
export function createApplier(server: string, signal: AbortSignal): (objects: readonly Written[]) => Promise<void> {
  async function ask(method: string, path: string, body?: unknown, contentType = 'application/json') {
    const init = { method, signal, headers: { 'content-type': contentType, 'user-agent': 'kubectl' } };
    const response = await fetch(`${server}${path}`, body === undefined ? init : { ...init, body: JSON.stringify(body) });
    const answer: unknown = await response.json();
    return { status: response.status, answer: isObject(answer) ? answer : {} };
  }

  const prefixOf = (apiVersion: string) => (apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`);

  async function placeOf({ apiVersion, kind }: Written): Promise<Place> {
    const { answer } = await ask('GET', prefixOf(apiVersion));
    const listed = Array.isArray(answer.resources) ? answer.resources.filter(isObject) : [];
    const found = listed.find(({ name, kind: served }) => served === kind && !String(name).includes('/'));
    if (found === undefined) throw new Error(`the API server serves no ${kind} in ${apiVersion}`);
    return { plural: String(found.name), isNamespaced: found.namespaced === true };
  }

  async function apply(object: Written): Promise<void> {
    const { plural, isNamespaced } = await placeOf(object);
    const { name, namespace = 'default' } = object.metadata;
    const collection = `${prefixOf(object.apiVersion)}${isNamespaced ? `/namespaces/${namespace}` : ''}/${plural}`;
    const { status: found } = await ask('GET', `${collection}/${name}`);
    const { status, answer } =
      found === 404
        ? await ask('POST', `${collection}?fieldManager=kubectl`, object)
        : await ask('PATCH', `${collection}/${name}?fieldManager=kubectl&force=true`, object, 'application/apply-patch+yaml');
    if (status >= 300) throw new Error(`${object.kind} ${name} was refused: ${String(answer.message ?? status)}`);
  }

  return async (objects) => {
    for (const object of objects) await apply(object);
  };
}
