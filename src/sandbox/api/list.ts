import { isObject } from '../../lib/index.ts';
import type { Call } from './call.ts';
import type { ListOptions } from './list-options.ts';
import { formOf, listBody } from './output.ts';
import type { ApiObject } from './port.ts';
import { badRequest, expired, type Refusal, refuse } from './status.ts';
import type { ObjectStore, StoreView } from './store.ts';
import { keyOfObject } from './store.ts';
import type { Members } from './values.ts';
import { fromStored } from './versions.ts';

/** Where a list comes from: the store, and how much of it this front end has seen. */
export interface ListSource {
  readonly store: ObjectStore;
  readonly seen: number;
}

/** All selected objects, or a page of them. */
export function list(source: ListSource, call: Call, options: ListOptions): unknown {
  const start = startOf(source, options);
  const objects = inPlace(call, start.view).filter(options.selects);
  const after = start.after;
  const rest = after === undefined ? objects : objects.filter((object) => keyOfObject(object) >= after);
  // A cache answers version 0, and does so in one piece.
  const limit = options.resourceVersion === '0' ? 0 : options.limit;
  const page = limit > 0 ? rest.slice(0, limit) : rest;
  const left = rest.length - page.length;
  const last = page.at(-1);
  const metadata: Members = {
    resourceVersion: String(start.view.revision),
    ...(left > 0 && last !== undefined ? { continue: encode({ revision: start.view.revision, after: `${keyOfObject(last)}\0` }) } : {}),
    ...(left > 0 && !options.hasSelector ? { remainingItemCount: left } : {}),
  };
  return listBody(
    call,
    page.map((object) => fromStored(object, call.kind, call.version)),
    metadata,
    formOf(call.request),
  );
}

/** The stored objects of the namespace, or of all. */
export const inPlace = ({ kind, namespace }: Call, view: StoreView): readonly ApiObject[] =>
  view.list(kind.table, namespace === undefined ? '' : `${namespace}/`);

interface Start {
  readonly view: StoreView;
  readonly after?: string;
}

function startOf({ store, seen }: ListSource, { resourceVersion, match, continueToken }: ListOptions): Start {
  if (continueToken !== undefined) return continued(store, seen, continueToken);
  const asked = Number(resourceVersion || '0');
  if (match === 'Exact') {
    if (asked < store.compactedTo) refuse(expired('The resourceVersion for the provided list is too old.'));
    if (asked > store.revision) refuse(tooLarge(asked, store.revision));
    return { view: store.at(asked) };
  }
  if (asked > seen) refuse(tooLarge(asked, seen));
  return { view: store.at(seen) };
}

interface Token {
  readonly revision: number;
  readonly after: string;
}

function continued(store: ObjectStore, seen: number, text: string): Start {
  const { revision, after } = decode(text);
  // -1: from a token that had expired; the list goes on with what is there now.
  if (revision === -1) return { view: store.at(seen), after };
  if (revision >= store.compactedTo) return { view: store.at(revision), after };
  return refuse(
    expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
      { continue: encode({ revision: -1, after }) },
    ),
  );
}

const encode = ({ revision, after }: Token): string =>
  Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: after })).toString('base64url');

function decode(text: string): Token {
  let token: unknown;
  try {
    token = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    token = undefined;
  }
  if (isObject(token) && typeof token.rv === 'number' && typeof token.start === 'string') return { revision: token.rv, after: token.start };
  return refuse(badRequest('continue key is not valid'));
}

export const tooLarge = (asked: number, current: number): Refusal => ({
  code: 504,
  reason: 'Timeout',
  message: `Timeout: Too large resource version: ${asked}, current: ${current}`,
  details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 },
});
