import type { KubeObject } from '../../kube/index.ts';
import type { Cluster } from '../cluster/index.ts';
import { type Outside, say } from '../outside.ts';
import { isTerminal } from '../style.ts';
import { watchObjects, watchRollouts } from './live.ts';
import { renderTable, type Summary, summaryOfRollout } from './render-table.ts';
import { renderTree } from './render-tree.ts';
import { openScreen, type Render } from './screen.ts';
import { treeOf } from './tree.ts';

export interface WatchOptions {
  readonly flags: { readonly output?: string };
  readonly outside: Outside;
  readonly signal: AbortSignal;
}

/** Keeps a table up to date until it is interrupted; where nothing can be drawn, a line for each Rollout that changed. */
export async function watchAll(
  cluster: Cluster,
  namespace: string | undefined,
  { flags, outside, signal }: WatchOptions,
): Promise<undefined> {
  const { clock } = outside;
  const view = viewer(outside);
  const feed = watchRollouts(namespace, { cluster, clock, onChange: () => view.changed(), signal });
  await firstOf(feed.synced, signal);
  const summaries = () => feed.objects().map((object: KubeObject) => summaryOfRollout(object));
  const options = () => ({ nowMs: clock.nowMs(), isWide: flags.output === 'wide', withNamespace: namespace === undefined });
  view.open({
    render: (style, height) => {
      const failing = feed.failing();
      const lines = [...renderTable(summaries(), options(), style)];
      return (failing === undefined ? lines : [cluster.explain(failing, 'watch rollouts'), ...lines]).slice(0, height);
    },
    told: () => new Map(summaries().map((each) => [`${each.namespace}/${each.name}`, lineOf(each, namespace === undefined)])),
  });
  await aborted(signal);
  view.close();
  return undefined;
}

/** Keeps a tree up to date until it is interrupted, or the Rollout is gone. */
export async function watchOne(cluster: Cluster, name: string, { flags, outside, signal }: WatchOptions): Promise<string | undefined> {
  const { clock, program } = outside;
  const stop = new AbortController();
  signal.addEventListener('abort', () => stop.abort(), { once: true });
  const view = viewer(outside);
  let isGone = false;
  const onChange = () => {
    isGone = isOpen && live.now() === undefined;
    if (isGone) stop.abort();
    else view.changed();
  };
  let isOpen = false;
  const live = watchObjects(name, { cluster, clock, onChange, signal: stop.signal });
  await firstOf(live.synced, stop.signal);
  isOpen = true;
  let last = live.now();
  const now = () => {
    last = live.now() ?? last;
    return last;
  };
  view.open({
    render(style, height) {
      const objects = now();
      const tree = objects === undefined ? undefined : treeOf(objects, clock.nowMs());
      if (tree === undefined) return [];
      return tree.ok
        ? renderTree(tree.value, { nowMs: clock.nowMs(), isWide: flags.output === 'wide', program }, style, height)
        : [tree.failure];
    },
    told() {
      const objects = now();
      if (objects === undefined) return new Map();
      const tree = treeOf(objects, clock.nowMs());
      const runs = tree.ok ? tree.value.view.analysis : [];
      const gates = tree.ok ? tree.value.view.gates : [];
      return new Map([
        [name, lineOf(summaryOfRollout(objects.rollout), false)],
        ...runs.map((run) => [run.name, `${run.name}: ${run.phase}${run.message ? `: ${run.message}` : ''}`] as const),
        ...gates.map((gate) => [`gate ${gate.id}`, `gate ${gate.name}: ${gate.state}, ${gate.missing} missing`] as const),
      ]);
    },
  });
  await aborted(stop.signal);
  view.close();
  return isGone ? `Rollout ${name} is gone` : undefined;
}

const lineOf = ({ namespace, name, phase, step, weight, message }: Summary, withNamespace: boolean): string =>
  [withNamespace ? `${namespace}/${name}` : name, phase, step, weight === undefined ? '' : `${weight} %`, message]
    .filter((part) => part !== '')
    .join('  ');

interface Viewed {
  readonly render: Render;
  /** Without a terminal: a line for each thing, said when it changes. */
  readonly told: () => ReadonlyMap<string, string>;
}

interface Viewer {
  open(viewed: Viewed): void;
  changed(): void;
  close(): void;
}

function viewer(outside: Outside): Viewer {
  const { stdout, env } = outside;
  if (isTerminal(stdout, env)) {
    let screen: ReturnType<typeof openScreen> | undefined;
    return {
      open: ({ render }) => {
        screen = openScreen(outside, render);
      },
      changed: () => screen?.changed(),
      close: () => screen?.close(),
    };
  }
  const said = new Map<string, string>();
  let told: Viewed['told'] | undefined;
  const tell = () => {
    for (const [key, line] of told?.() ?? []) {
      if (said.get(key) !== line) say(stdout, [line]);
      said.set(key, line);
    }
  };
  return {
    open(viewed) {
      told = viewed.told;
      tell();
    },
    changed: tell,
    close() {},
  };
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

const firstOf = (synced: Promise<void>, signal: AbortSignal): Promise<void> => Promise.race([synced, aborted(signal)]);
