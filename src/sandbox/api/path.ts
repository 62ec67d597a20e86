import type { ApiRequest } from './port.ts';

/** What a URL path of the API means. */
export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly namespace: string | undefined;
  readonly plural: string;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** The resource that a path names, or undefined where it names none: discovery, health and the rest. */
export function parsePath(path: string): ResourcePath | undefined {
  if (!paths.has(path)) {
    if (paths.size > 4_096) paths.clear();
    paths.set(path, read(path));
  }
  return paths.get(path);
}

/** The same few paths come again and again. */
const paths = new Map<string, ResourcePath | undefined>();

function read(path: string): ResourcePath | undefined {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decode);
  const [root, ...below] = parts;
  if (root === 'api') return resource('', below);
  return root === 'apis' ? resource(below[0] ?? '', below.slice(1)) : undefined;
}

function resource(group: string, [version, ...rest]: readonly string[]): ResourcePath | undefined {
  if (version === undefined || rest.length === 0) return undefined;
  const isNamespaced = rest[0] === 'namespaces' && rest.length > 2 && rest[2] !== 'status' && rest[2] !== 'finalize';
  const [plural, name, ...sub] = isNamespaced ? rest.slice(2) : rest;
  if (plural === undefined) return undefined;
  const namespace = isNamespaced ? rest[1] : undefined;
  return { group, version, namespace, plural, name, subresource: sub.length === 0 ? undefined : sub.join('/') };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** A GET that asks for a stream. The path of one object has none: `watch` means nothing there. */
export const isWatch = ({ method, path, query }: ApiRequest): boolean =>
  method === 'GET' &&
  query?.watch !== undefined &&
  query.watch !== '' &&
  !['false', '0'].includes(String(query.watch)) &&
  parsePath(path)?.name === undefined;
