// Requests of one user by the audit log of the API server.
import { type AuditedRequest, readAudit } from '../test/cluster/kit/audit.ts';
import { sleep } from '../test/cluster/kit/wait.ts';

const readVerbs = new Set(['get', 'list', 'watch']);

export interface Counts {
  readonly total: number;
  readonly reads: number;
  readonly writes: number;
  readonly events: number;
  /** Answers of 400 and more, conflicts among them. */
  readonly refused: number;
  /** `patch rollouts/status: 12`, the most frequent first. Leases apart. */
  readonly byKind: Readonly<Record<string, number>>;
  readonly leases: number;
  readonly watches: number;
}

export interface Counted {
  readonly file: string;
  readonly mark: number;
  readonly user: string;
}

/** Waits for the log's batch first. */
export async function countRequests({ file, mark, user }: Counted): Promise<Counts> {
  await sleep(600);
  return summarize(readAudit(file, { user }, mark));
}

function summarize(all: readonly AuditedRequest[]): Counts {
  const isLease = ({ resource }: AuditedRequest) => resource === 'leases';
  const own = all.filter((request) => !isLease(request));
  const events = own.filter(({ resource }) => resource === 'events');
  const byKind = new Map<string, number>();
  for (const { verb, resource, subresource, code } of own) {
    const kind = `${verb} ${resource}${subresource === '' ? '' : `/${subresource}`}${code >= 400 ? ` (${code})` : ''}`;
    byKind.set(kind, (byKind.get(kind) ?? 0) + 1);
  }
  const watches = own.filter(({ verb }) => verb === 'watch').length;
  const reads = own.filter(({ verb }) => readVerbs.has(verb)).length;
  return {
    total: own.length - watches,
    reads: reads - watches,
    writes: own.length - reads - events.length,
    events: events.length,
    refused: own.filter(({ code }) => code >= 400).length,
    byKind: Object.fromEntries([...byKind].toSorted((left, right) => right[1] - left[1])),
    leases: all.length - own.length,
    watches,
  };
}

export const kindsText = ({ byKind }: Counts): string =>
  Object.entries(byKind)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ');
