import { readFileSync, statSync } from 'node:fs';

/** One request that the API server answered. A watch is counted where it starts. */
export interface AuditedRequest {
  readonly user: string;
  readonly userAgent: string;
  readonly verb: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly code: number;
  /** Received, and answered (of a watch: begun), in ms since 1970. */
  readonly at: number;
  readonly doneAt: number;
}

interface AuditLine {
  readonly stage: string;
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly userAgent?: string;
  readonly objectRef?: { readonly resource?: string; readonly subresource?: string; readonly namespace?: string; readonly name?: string };
  readonly responseStatus?: { readonly code?: number };
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
}

export interface AuditFilter {
  /** Part of the user's name. */
  readonly user?: string;
  readonly from?: number;
  readonly to?: number;
  readonly namespace?: string;
}

/** Where the log stands now: pass it to `readAudit` to see only what follows. */
export const auditMark = (file: string): number => statSync(file).size;

export function readAudit(file: string, filter: AuditFilter = {}, mark = 0): AuditedRequest[] {
  const { user = '', from = 0, to = Number.POSITIVE_INFINITY, namespace } = filter;
  const found: AuditedRequest[] = [];
  for (const text of readFileSync(file).subarray(mark).toString('utf8').split('\n')) {
    // Most lines are of no interest, and looking is cheaper than parsing.
    if (!text.includes(user) || !text.endsWith('}')) continue;
    const line = JSON.parse(text) as AuditLine;
    const at = Date.parse(line.requestReceivedTimestamp);
    if (line.stage !== (line.verb === 'watch' ? 'ResponseStarted' : 'ResponseComplete')) continue;
    const { resource = '', subresource = '', namespace: inside = '', name = '' } = line.objectRef ?? {};
    if (!line.user.username.includes(user) || at < from || at >= to || (namespace !== undefined && inside !== namespace)) continue;
    found.push({
      user: line.user.username,
      userAgent: line.userAgent ?? '',
      verb: line.verb,
      resource,
      subresource,
      namespace: inside,
      name,
      code: line.responseStatus?.code ?? 0,
      at,
      doneAt: Date.parse(line.stageTimestamp),
    });
  }
  return found;
}
