import type { ApiObject } from '../../../src/sandbox/api/index.ts';
import type { Law } from '../play/run.ts';
import { ownerOf, PerKey, statusChange } from './seen.ts';
import { witnessOf } from './witness.ts';

const minuteMs = 60_000;
/** A release of many steps writes its status some dozen times a minute; a loop that found no rest, thousands of times. */
const writesPerMinute = 150;
const statusBytes = 64 * 1024;
/** Those that stood still, or led by a lease that was edited, end once they learn of it. */
const endsAllowed = 8;
/** Revisions beside history: stable, canary, the warm ones. */
const revisionsBeyond = 20;

interface Rate {
  fromMs: number;
  count: number;
}

export const bounded: Law = {
  id: 'I33',
  text:
    'A controller sends at most 150 writes a minute for one object (Events beside), keeps a status under 64 KiB, and no more Deployments of a Rollout than its history and those in use; and once the faults are over its processes do not end by themselves over and over. ' +
    '(0 writes at rest: L1. That one Rollout does not delay another is a matter of workloads with several.)',
  watch(run, judge) {
    const witness = witnessOf(run);
    let lostBefore: number | undefined;
    const rates = new PerKey<Rate>(() => ({ fromMs: 0, count: 0 }));
    return {
      onCall({ sort, request: { path, method }, sentMs, replica }) {
        if (sort !== 'effect' || path.includes('/events')) return undefined;
        const rate = rates.of(`${replica.identity} ${method} ${path}`);
        if (sentMs - rate.fromMs > minuteMs) {
          rate.fromMs = sentMs;
          rate.count = 0;
        }
        rate.count += 1;
        return judge(rate.count > writesPerMinute ? `${rate.count} times ${method} ${path} within a minute` : undefined);
      },
      onCommit(commit) {
        const { object, type, by } = commit;
        // Each process that comes to lead writes the lease.
        if (object.kind === 'Lease' && run.isHealed) {
          const lost = run.sim.replicas.filter((replica) => replica.ended() === 'lost').length;
          lostBefore ??= lost;
          return judge(
            lost - lostBefore > endsAllowed
              ? `${lost - lostBefore} processes have ended by themselves since the faults are over`
              : undefined,
          );
        }
        if (object.kind === 'Deployment' && type === 'ADDED' && by !== undefined) {
          const uid = ownerOf(object);
          const own = witness.list('Deployment', object.metadata.namespace ?? '').filter((each) => ownerOf(each) === uid);
          const most = (witness.rollout(uid)?.spec.revisionHistoryLimit ?? 5) + revisionsBeyond;
          return judge(own.length > most ? `${own.length} Deployments of one Rollout` : undefined);
        }
        const change = statusChange(commit);
        if (change === undefined) return undefined;
        const bytes = JSON.stringify(change.after).length;
        return judge(bytes > statusBytes ? `a status of ${bytes} bytes` : undefined);
      },
    };
  },
};

/** Shorter ones are words. */
const shortest = 8;

export const secretsStaySecret: Law = {
  id: 'I37',
  text:
    'No value of a Secret, as it is or in base64, is in anything that a controller stores (but the copies of Secrets that revisions keep) or logs, nor in a request that it sends elsewhere; bearer tokens likewise. ' +
    '(HTTP responses and metrics of the process are not simulated.)',
  watch(_, judge) {
    const secrets = new Set<string>();
    const leakIn = (text: string): string | undefined => {
      for (const secret of secrets) if (text.includes(secret)) return secret;
      return undefined;
    };
    return {
      onCommit({ object, by, type }) {
        if (object.kind === 'Secret') {
          if (by === undefined && type !== 'DELETED') for (const value of valuesOf(object)) secrets.add(value);
          return undefined;
        }
        if (secrets.size === 0 || by === undefined || type === 'DELETED' || object.kind === 'Lease') return undefined;
        const { managedFields: __, ...metadata } = object.metadata;
        const leak = leakIn(JSON.stringify({ ...object, metadata }));
        return judge(leak === undefined ? undefined : `${object.kind} ${object.metadata.name} says a secret (${leak.length} characters)`);
      },
      onLog(line) {
        if (secrets.size === 0) return undefined;
        return judge(leakIn(line) === undefined ? undefined : 'a log line says a secret');
      },
    };
  },
};

function valuesOf({ data }: ApiObject): readonly string[] {
  const encoded = Object.values((data ?? {}) as Readonly<Record<string, string>>);
  return encoded.flatMap((value) => [value, Buffer.from(value, 'base64').toString('utf8')]).filter(({ length }) => length >= shortest);
}
