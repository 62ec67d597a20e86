import { apiVersion, decisions, decodeRollout, summaryOf } from '../../api/index.ts';
import { readRolloutStatus } from '../../api/status.ts';
import type { DecisionSpec } from '../../core/decision.ts';
import type { KubeObject } from '../../kube/index.ts';
import { fail, ok, type Result } from '../../lib/index.ts';
import { type Cluster, type ClusterFlags, connect, plainName, readRollout } from '../cluster/index.ts';
import { printObject } from '../output.ts';
import { interruptible, type Outside, say } from '../outside.ts';
import { awaitAnswer } from './answer.ts';
import { approvedBy, gateText, specOf, type Wish } from './wish.ts';

export interface DecideFlags extends ClusterFlags {
  readonly wait: boolean;
  readonly timeout: number;
  readonly output?: string;
}

const accepted = 0;
const refused = 1;
const unanswered = 2;

/** Makes a Decision as whoever calls, and tells what becomes of it. 0: accepted (or made, without waiting), 1: refused, 2: not answered in time. */
export async function decide(name: string, wish: Wish, flags: DecideFlags, outside: Outside): Promise<number> {
  const connected = await connect(flags, outside);
  if (!connected.ok) {
    say(outside.stderr, [connected.failure]);
    return refused;
  }
  const cluster = connected.value;
  try {
    const made = await make(cluster, plainName(name), wish);
    if (made.ok) return await follow(cluster, made.value, flags, outside);
    say(outside.stderr, [made.failure]);
    return refused;
  } finally {
    await cluster.close();
  }
}

interface Made {
  readonly object: KubeObject;
  readonly spec: DecisionSpec;
}

async function make(cluster: Cluster, name: string, wish: Wish): Promise<Result<Made, string>> {
  const { namespace, client } = cluster;
  const [found, caller] = await Promise.all([readRollout(cluster, name), cluster.whoAmI()]);
  if (!found.ok) return found;
  if (!caller.ok) return fail(cluster.explain(caller.failure, 'ask the API server who you are'));
  const rollout = decodeRollout(found.value);
  if (!rollout.ok) return fail(`Rollout ${name} is not valid: ${summaryOf(rollout.failure)}`);
  const spec = specOf(wish, rollout.value, caller.value);
  if (!spec.ok) return spec;
  const body = { apiVersion, kind: decisions.kind, metadata: { generateName: `${name.slice(0, 200)}-`, namespace }, spec: spec.value };
  const created = await client.create(decisions, namespace, body, { fieldManager: 'sluice-cli', deadlineMs: 15_000 });
  if (!created.ok) return fail(cluster.explain(created.failure, `${wish.action.toLowerCase()} ${name}`));
  return ok({ object: created.value, spec: spec.value });
}

async function follow(cluster: Cluster, { object, spec }: Made, flags: DecideFlags, outside: Outside): Promise<number> {
  const { output, wait, timeout } = flags;
  const { stdout, stderr } = outside;
  const { name } = object.metadata;
  const what = wordsFor(spec);
  if (!wait) {
    if (output === undefined) say(stdout, [`${what}: decision ${name} is made`]);
    else printObject(stdout, object, output);
    return accepted;
  }
  const answer = await interruptible(outside, (signal) => awaitAnswer(cluster, name, { clock: outside.clock, timeoutMs: timeout, signal }));
  if (answer.kind !== 'answered') {
    const why = answer.kind === 'silent' ? `no controller has answered it within ${timeout / 1_000} s` : 'nobody waits for its answer';
    say(stderr, [`${what}: decision ${name} is made, and ${why}; it stands: kubectl get decision ${name} -n ${cluster.namespace}`]);
    if (output !== undefined) printObject(stdout, object, output);
    return unanswered;
  }
  const { state, message } = answer.status;
  const isAccepted = state === 'Accepted';
  const line = `${what}: ${state}${message === undefined || message === '' ? '' : `: ${message}`}`;
  if (output !== undefined) printObject(stdout, answer.object, output);
  else if (isAccepted) say(stdout, [line, ...(await missing(cluster, spec))]);
  if (!isAccepted) say(stderr, [line]);
  return isAccepted ? accepted : refused;
}

/** `approve gate qa of web (7c9d2f41aa, attempt 1)`. */
const wordsFor = ({ action, gate, rollout, revision, attempt, undoTo }: DecisionSpec): string => {
  const of = gate === undefined ? '' : ` gate ${gate} of`;
  return `${action.toLowerCase()}${of} ${rollout.name}${undoTo ? ` to ${undoTo}` : ''} (${revision}, attempt ${attempt})`;
};

/** How many approvals a gate still waits for. */
async function missing(cluster: Cluster, { action, gate, rollout: { name } }: DecisionSpec): Promise<readonly string[]> {
  if (action !== 'Approve') return [];
  const found = await readRollout(cluster, name);
  const { gates = [] } = found.ok ? readRolloutStatus(found.value.status).value : {};
  const now = gates.findLast((each) => each.name === gate);
  if (now === undefined) return [];
  const left = now.needs - approvedBy(now.approvals);
  return now.state === 'Open' && left > 0 ? [`gate ${gateText(now)}: ${left} more ${left === 1 ? 'is' : 'are'} needed`] : [];
}
