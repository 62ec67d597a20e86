import { rollouts, yaml } from '../../api/index.ts';
import { type Cluster, type ClusterFlags, connect, plainName } from '../cluster/index.ts';
import { nameOf } from '../output.ts';
import { interruptible, type Outside, say } from '../outside.ts';
import { styleOf } from '../style.ts';
import { loadObjects } from './load.ts';
import { renderTable, summaryOfRollout } from './render-table.ts';
import { renderTree } from './render-tree.ts';
import { type Tree, treeOf } from './tree.ts';
import { watchAll, watchOne } from './watch.ts';

export interface GetFlags extends ClusterFlags {
  readonly watch?: boolean;
  readonly allNamespaces?: boolean;
  readonly output?: string;
}

const done = 0;
const failed = 1;

/** Without a name a table, with one a tree; `-w` keeps it up to date. */
export async function get(name: string | undefined, flags: GetFlags, outside: Outside): Promise<number> {
  const connected = await connect(flags, outside);
  const refuse = (problem: string) => {
    say(outside.stderr, [problem]);
    return failed;
  };
  if (!connected.ok) return refuse(connected.failure);
  const cluster = connected.value;
  const isData = flags.output !== undefined && flags.output !== 'wide';
  if (flags.watch === true && isData) return refuse('-w goes with text only; kubectl get sro -w has the objects');
  if (name !== undefined && flags.allNamespaces === true) return refuse('a name and -A exclude each other: say -n');
  try {
    const shown = name === undefined ? await getAll(cluster, flags, outside) : await getOne(cluster, plainName(name), flags, outside);
    return shown === undefined ? done : refuse(shown);
  } finally {
    await cluster.close();
  }
}

/** A problem, in words, or nothing. */
type Shown = Promise<string | undefined>;

async function getAll(cluster: Cluster, flags: GetFlags, outside: Outside): Shown {
  const { stdout, stderr, clock, env } = outside;
  const namespace = flags.allNamespaces === true ? undefined : cluster.namespace;
  const found = await cluster.list(rollouts, namespace);
  if (!found.ok) return cluster.explain(found.failure, 'list rollouts');
  if (flags.watch === true) return interruptible(outside, (signal) => watchAll(cluster, namespace, { flags, outside, signal }));
  if (flags.output === 'name') stdout.write(found.value.map((object) => `${nameOf({ ...object, ...ourType })}\n`).join(''));
  else if (flags.output === 'json' || flags.output === 'yaml') print(outside, found.value.map(summaryOfRollout), flags.output);
  else if (found.value.length === 0)
    say(stderr, [namespace === undefined ? 'there are no Rollouts' : `there are no Rollouts in namespace ${namespace}`]);
  else {
    const options = { nowMs: clock.nowMs(), isWide: flags.output === 'wide', withNamespace: namespace === undefined };
    stdout.write(lines(renderTable(found.value.map(summaryOfRollout), options, styleOf(stdout, env))));
  }
  return undefined;
}

const ourType = { apiVersion: `${rollouts.group}/${rollouts.version}`, kind: rollouts.kind };

async function getOne(cluster: Cluster, name: string, flags: GetFlags, outside: Outside): Shown {
  const { stdout, clock, env, program } = outside;
  const loaded = await loadObjects(cluster, name);
  if (!loaded.ok) return loaded.failure;
  if (flags.watch === true) return interruptible(outside, (signal) => watchOne(cluster, name, { flags, outside, signal }));
  if (flags.output === 'name') {
    stdout.write(`${nameOf({ ...loaded.value.rollout, ...ourType })}\n`);
    return undefined;
  }
  const tree = treeOf(loaded.value, clock.nowMs());
  if (!tree.ok) return tree.failure;
  if (flags.output === 'json' || flags.output === 'yaml') print(outside, dataOf(tree.value), flags.output);
  else
    stdout.write(lines(renderTree(tree.value, { nowMs: clock.nowMs(), isWide: flags.output === 'wide', program }, styleOf(stdout, env))));
  return undefined;
}

/** The view that the HTTP API gives, and the pods, which it leaves out. */
const dataOf = ({ view, pods }: Tree) => ({ ...view, pods });

const lines = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('');

function print({ stdout }: Outside, data: object, output: 'json' | 'yaml'): void {
  const plain = JSON.parse(JSON.stringify(data)) as object;
  stdout.write(output === 'json' ? `${JSON.stringify(plain, undefined, 2)}\n` : yaml(plain));
}
