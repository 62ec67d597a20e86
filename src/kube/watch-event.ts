import { isObject } from '../lib/json.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import { isKubeObject } from './client.ts';
import { failureFromStatusObject, type KubeFailure, localFailure } from './failure.ts';
import type { KubeObject } from './object.ts';

/** One line of a watch. */
export type WatchEvent =
  | { readonly type: 'applied'; readonly object: KubeObject }
  | { readonly type: 'deleted'; readonly object: KubeObject }
  | { readonly type: 'bookmark'; readonly resourceVersion: string; readonly endsInitialEvents: boolean };

const initialEventsEnd = 'k8s.io/initial-events-end';

/** Reads a line; an in-band ERROR and a line that is none are failures. */
export function readWatchLine(line: string | object): Result<WatchEvent, KubeFailure> {
  const event = typeof line === 'string' ? parse(line) : line;
  if (!isObject(event)) return fail(localFailure('protocol', 'a line of the watch is no event', 'Garbage'));
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
      return isKubeObject(event.object) ? ok({ type: 'applied', object: event.object }) : noObject();
    case 'DELETED':
      return isKubeObject(event.object) ? ok({ type: 'deleted', object: event.object }) : noObject();
    case 'BOOKMARK':
      return readBookmark(event.object);
    case 'ERROR':
      return fail(failureFromStatusObject(event.object));
    default:
      return fail(localFailure('protocol', 'an event of the watch has an unknown type', 'Garbage'));
  }
}

function readBookmark(object: unknown): Result<WatchEvent, KubeFailure> {
  const metadata = isObject(object) ? object.metadata : undefined;
  if (!isObject(metadata) || typeof metadata.resourceVersion !== 'string') return noObject();
  const { resourceVersion, annotations } = metadata;
  return ok({ type: 'bookmark', resourceVersion, endsInitialEvents: isObject(annotations) && annotations[initialEventsEnd] === 'true' });
}

const noObject = () => fail(localFailure('protocol', 'an event of the watch has no object', 'Garbage'));

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
