import { yaml } from '../../api/index.ts';
import { formatDuration, sleep } from '../../lib/index.ts';
import { type Cluster, type ClusterFlags, connect, plainName } from '../cluster/index.ts';
import { interruptible, type Outside, say } from '../outside.ts';
import { isStalled } from './judge.ts';
import { type Look, lookAt } from './look.ts';
import type { Seen } from './seen.ts';

export interface StatusFlags extends ClusterFlags {
  readonly wait?: boolean;
  /** Milliseconds; given: it is waited. */
  readonly timeout?: number;
  readonly output?: string;
}

export const exitCodes = { healthy: 0, failed: 1, timeout: 2, inFlight: 3, unknown: 4, interrupted: 130 } as const;

const lookEveryMs = 1_000;
const stalledForMs = 3_000;

/** Whether a release is through. Waiting outlasts an API server that is away, and says each change in a line. */
export async function status(name: string, flags: StatusFlags, outside: Outside): Promise<number> {
  const connected = await connect(flags, outside);
  if (!connected.ok) {
    say(outside.stderr, [connected.failure]);
    return exitCodes.unknown;
  }
  const cluster = connected.value;
  const isWaiting = flags.wait === true || flags.timeout !== undefined;
  try {
    if (!isWaiting) return conclude(await lookAt(cluster, plainName(name), () => true), flags, outside);
    return await interruptible(outside, (signal) => wait(cluster, plainName(name), { flags, outside, signal }));
  } finally {
    await cluster.close();
  }
}

interface Waiting {
  readonly flags: StatusFlags;
  readonly outside: Outside;
  readonly signal: AbortSignal;
}

async function wait(cluster: Cluster, name: string, { flags, outside, signal }: Waiting): Promise<number> {
  const { clock, stderr } = outside;
  const { timeout = Number.POSITIVE_INFINITY } = flags;
  const startedMs = clock.monotonicMs();
  const isStuck = stuckFor(stalledForMs, outside);
  const tell = teller(flags, outside);
  while (!signal.aborted) {
    const look = await lookAt(cluster, name, isStuck);
    if (isOver(look)) return conclude(look, flags, outside);
    tell(look);
    const leftMs = timeout - (clock.monotonicMs() - startedMs);
    if (leftMs <= 0) {
      say(stderr, [`${name}: not through after ${formatDuration(timeout)}: ${look.kind === 'seen' ? look.verdict.message : look.message}`]);
      if (look.kind === 'seen') printLook(look, flags, outside);
      return exitCodes.timeout;
    }
    await sleep(clock, Math.min(lookEveryMs, leftMs), signal);
  }
  return exitCodes.interrupted;
}

const isOver = (look: Look): boolean => look.kind === 'refused' || (look.kind === 'seen' && look.verdict.kind !== 'inFlight');

/** True once a Rollout has been seen stalled for so long: what kept it may have been mended a moment before. */
function stuckFor(leastMs: number, { clock }: Outside): (seen: Seen) => boolean {
  let sinceMs: number | undefined;
  return (seen) => {
    sinceMs = isStalled(seen) ? (sinceMs ?? clock.monotonicMs()) : undefined;
    return sinceMs !== undefined && clock.monotonicMs() - sinceMs >= leastMs;
  };
}

/** One line for each change; with `-o` only the outcome is for standard output. */
function teller({ output }: StatusFlags, { stdout, stderr }: Outside): (look: Look) => void {
  let said = '';
  return (look) => {
    const line = look.kind === 'seen' ? `${look.seen.name}: ${look.verdict.message}` : `${look.message}; asking again`;
    if (line !== said) say(look.kind === 'seen' && output === undefined ? stdout : stderr, [line]);
    said = line;
  };
}

function conclude(look: Look, flags: StatusFlags, outside: Outside): number {
  if (look.kind !== 'seen') {
    say(outside.stderr, [look.message]);
    return exitCodes.unknown;
  }
  const { seen, verdict } = look;
  if (flags.output === undefined) say(outside.stdout, [`${seen.name}: ${verdict.message}`]);
  printLook(look, flags, outside);
  return exitCodes[verdict.kind];
}

function printLook({ seen, verdict }: Extract<Look, { kind: 'seen' }>, { output }: StatusFlags, { stdout }: Outside): void {
  if (output === undefined) return;
  const { namespace, name, status: stored } = seen;
  const { phase, stableRevision, canaryRevision, step, weight, abort } = stored;
  const shown = {
    namespace,
    name,
    outcome: verdict.kind,
    message: verdict.message,
    phase,
    stableRevision,
    canaryRevision,
    step,
    weight,
    abort,
  };
  stdout.write(output === 'json' ? `${JSON.stringify(shown, undefined, 2)}\n` : yaml(JSON.parse(JSON.stringify(shown)) as object));
}
