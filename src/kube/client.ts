import type { Clock } from '../lib/clock.ts';
import { isObject } from '../lib/json.ts';
import type { Logger } from '../lib/logger.ts';
import type { Random } from '../lib/random.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import { type Call, createCaller, type Fence } from './caller.ts';
import { describeFailure, type KubeFailure, localFailure } from './failure.ts';
import type { Answer, KubeClient, ObjectPage, PageQuery, Selection, WriteOptions } from './kube-client.ts';
import type { KubeObject, Resource } from './object.ts';
import { apiVersionOf, collectionPath, resourcePath } from './resource-path.ts';
import type { Transport, TransportReply, TransportRequest } from './transport.ts';

export interface KubeClientOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly fence?: Fence;
}

const readDeadlineMs = 10_000;
const writeDeadlineMs = 5_000;
const listDeadlineMs = 60_000;
const pageSize = 500;
const defaultManager = 'sluice';

const patchTypes = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

const metadataAs = (kind: string) => `application/json;as=${kind};v=v1;g=meta.k8s.io, application/json`;

export function createKubeClient({ transport, clock, random, log, fence }: KubeClientOptions): KubeClient {
  const call = createCaller({ transport, clock, random, fence });

  async function send(request: Call, signal?: AbortSignal): Answer<TransportReply> {
    const reply = await call(request, signal);
    if (!reply.ok) log.debug({ method: request.method, path: request.path, failure: describeFailure(reply.failure) }, 'request failed');
    return reply;
  }

  function write(request: Write, options: WriteOptions, signal?: AbortSignal): Answer<TransportReply> {
    return send(
      {
        method: request.method,
        path: request.path,
        query: { ...request.query, ...(options.dryRun ? { dryRun: 'All' } : {}) },
        headers: { 'content-type': request.contentType ?? 'application/json' },
        body: JSON.stringify(request.body),
        priority: options.priority ?? 'normal',
        deadlineMs: options.deadlineMs ?? writeDeadlineMs,
        unfenced: options.priority === 'lease',
      },
      signal,
    );
  }

  async function listPage(resource: Resource, query: PageQuery, signal?: AbortSignal): Answer<ObjectPage> {
    const reply = await send(
      {
        method: 'GET',
        path: collectionPath(resource, query.namespace),
        query: {
          ...selectors(query),
          limit: query.limit,
          continue: query.continueToken,
          resourceVersion: query.resourceVersion,
          resourceVersionMatch: query.resourceVersionMatch,
        },
        headers: { accept: query.metadataOnly ? metadataAs('PartialObjectMetadataList') : 'application/json' },
        priority: 'normal',
        deadlineMs: query.deadlineMs ?? listDeadlineMs,
        ...(query.retry === undefined ? {} : { retry: query.retry }),
      },
      signal,
    );
    return reply.ok ? readPage(resource, reply.value) : reply;
  }

  return {
    async get(resource, ref, signal) {
      const path = resourcePath(resource, ref);
      return readObject(await send({ method: 'GET', path, priority: 'normal', deadlineMs: readDeadlineMs }, signal));
    },

    async list(resource, query = {}, signal) {
      const items: KubeObject[] = [];
      let continueToken: string | undefined;
      for (;;) {
        const first = { ...query, limit: pageSize };
        // A continued list takes its version from the token, and the server refuses another beside it.
        const { resourceVersion: _version, resourceVersionMatch: _match, ...rest } = first;
        const page = await listPage(resource, continueToken === undefined ? first : { ...rest, continueToken }, signal);
        if (!page.ok && page.failure.kind === 'gone' && continueToken !== undefined) return listPage(resource, query, signal);
        if (!page.ok) return page;
        items.push(...page.value.items);
        continueToken = page.value.continueToken;
        if (continueToken === undefined) return ok({ items, resourceVersion: page.value.resourceVersion });
      }
    },

    listPage,

    async watch(resource, query, signal) {
      const initial = query.resourceVersion === undefined;
      return transport.stream(
        {
          method: 'GET',
          path: collectionPath(resource, query.namespace),
          query: {
            ...selectors(query),
            watch: true,
            allowWatchBookmarks: true,
            timeoutSeconds: query.timeoutSeconds,
            ...(initial ? { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' } : { resourceVersion: query.resourceVersion }),
          },
          headers: { accept: query.metadataOnly ? metadataAs('PartialObjectMetadata') : 'application/json' },
          priority: 'normal',
          deadlineMs: 30_000,
        },
        signal,
      );
    },

    async create(resource, namespace, body, options = {}, signal) {
      const request = { method: 'POST', path: collectionPath(resource, namespace), query: managed(options), body } as const;
      return readObject(await write(request, options, signal));
    },

    async patch(resource, ref, body, options, signal) {
      const query = { ...managed(options), ...(options.type === 'apply' && options.force ? { force: true } : {}) };
      const path = resourcePath(resource, ref, options.subresource);
      return readObject(await write({ method: 'PATCH', path, query, body, contentType: patchTypes[options.type] }, options, signal));
    },

    async replace(resource, ref, body, options = {}, signal) {
      const path = resourcePath(resource, ref, options.subresource);
      return readObject(await write({ method: 'PUT', path, query: managed(options), body }, options, signal));
    },

    async delete(resource, ref, options = {}, signal) {
      const body = {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        ...(options.preconditions === undefined ? {} : { preconditions: options.preconditions }),
        ...(options.propagation === undefined ? {} : { propagationPolicy: options.propagation }),
      };
      const reply = await write({ method: 'DELETE', path: resourcePath(resource, ref), body }, options, signal);
      if (!reply.ok) return reply;
      const left = readObject(reply);
      return ok(left.ok && left.value.kind !== 'Status' ? left.value : undefined);
    },

    async raw(method, path, options = {}, signal) {
      const priority = options.priority ?? 'normal';
      const hasBody = options.body !== undefined;
      const reply = await send(
        {
          method,
          path,
          headers: {
            ...(options.accept === undefined ? {} : { accept: options.accept }),
            ...(hasBody ? { 'content-type': options.contentType ?? 'application/json' } : {}),
          },
          ...(options.query === undefined ? {} : { query: options.query }),
          ...(hasBody ? { body: typeof options.body === 'string' ? options.body : JSON.stringify(options.body) } : {}),
          priority,
          deadlineMs: options.deadlineMs ?? (method === 'GET' ? readDeadlineMs : writeDeadlineMs),
          unfenced: options.unfenced === true || priority === 'lease',
          ...(options.retry === undefined ? {} : { retry: options.retry }),
          ...(options.guard === undefined ? {} : { guard: options.guard }),
        },
        signal,
      );
      return reply.ok ? ok(jsonOrText(reply.value)) : reply;
    },
  };
}

interface Write {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: TransportRequest['query'];
  readonly contentType?: string;
  readonly body: unknown;
}

const managed = (options: WriteOptions) => ({ fieldManager: options.fieldManager ?? defaultManager });

const selectors = (selection: Selection) => ({ labelSelector: selection.labelSelector, fieldSelector: selection.fieldSelector });

function readObject(reply: Result<TransportReply, KubeFailure>): Result<KubeObject, KubeFailure> {
  if (!reply.ok) return reply;
  const object = jsonOrText(reply.value);
  return isKubeObject(object) ? ok(object) : fail(localFailure('protocol', 'the answer is no Kubernetes object'));
}

function readPage(resource: Resource, reply: TransportReply): Result<ObjectPage, KubeFailure> {
  const page = jsonOrText(reply);
  if (!isObject(page) || !isObject(page.metadata)) return fail(localFailure('protocol', 'the answer is no Kubernetes list'));
  const { resourceVersion, continue: continueToken } = page.metadata;
  // Items of a list come without their kind; with it they look as they do in a watch.
  const typed = { apiVersion: apiVersionOf(resource), kind: resource.kind };
  const items = (Array.isArray(page.items) ? page.items : []).filter(isKubeObject).map((item) => ({ ...typed, ...item }));
  return ok({
    items,
    resourceVersion: typeof resourceVersion === 'string' ? resourceVersion : '',
    ...(typeof continueToken === 'string' && continueToken !== '' ? { continueToken } : {}),
  });
}

/** What every stored object has; the rest of it stays unknown. */
export function isKubeObject(value: unknown): value is KubeObject {
  return isObject(value) && isObject(value.metadata) && typeof value.metadata.name === 'string' && value.metadata.name !== '';
}

function jsonOrText(reply: TransportReply): unknown {
  if (reply.json !== undefined) return reply.json;
  try {
    return JSON.parse(reply.body);
  } catch {
    return reply.body;
  }
}
