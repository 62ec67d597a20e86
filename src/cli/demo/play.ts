import { join } from 'node:path';
import { type Clock, sleep } from '../../lib/index.ts';
import { readObjects } from './files.ts';
import type { Chapter } from './frame.ts';
import { type News, newsBetween } from './news.ts';
import { lookAt, type Scene } from './scene.ts';
import type { Screen } from './screen.ts';
import type { ControllerProcess, Stage } from './stage.ts';
import { type Act, type Expectation, load, type Part, requestsPerSecond } from './story.ts';

export interface PlayOptions {
  readonly clock: Clock;
  readonly stage: Stage;
  readonly screen: Screen;
  /** The folder of examples. */
  readonly examples: string;
  readonly signal: AbortSignal;
}

/** What came of it. */
export interface Played {
  readonly outcome: { readonly kind: 'as expected' } | { readonly kind: 'stopped' } | { readonly kind: 'wrong'; readonly why: string };
  readonly elapsedMs: number;
  /** The scene that each part began with. */
  readonly beginnings: readonly Scene[];
  /** The highest weight that each version had as a canary. */
  readonly peaks: ReadonlyMap<string, number>;
  readonly last: Scene;
  readonly controller: ControllerProcess | undefined;
}

const lookEveryMs = 250;
/** For a machine that is busy with other things; a healthy one needs seconds. */
const patienceMs = 240_000;

/** Plays the parts one after the other and shows them, until the end, the first thing that is wrong, or a signal. */
export async function play(parts: readonly Part[], options: PlayOptions): Promise<Played> {
  const { clock, stage, screen, examples, signal } = options;
  const startedMs = clock.monotonicMs();
  const elapsedMs = () => clock.monotonicMs() - startedMs;
  const news: News[] = [];
  const beginnings: Scene[] = [];
  const peaks = new Map<string, number>();
  const chapters: Chapter[] = parts.map(({ title }) => ({ title, state: 'ahead' }));
  let scene: Scene | undefined;
  let controller: ControllerProcess | undefined;

  const say = (text: string, tone: News['tone']) => void news.push({ atMs: elapsedMs(), text, tone });
  const draw = (seen: Scene) => screen.draw({ elapsedMs: elapsedMs(), chapters, scene: seen, news });

  function look(): Scene {
    const seen = lookAt(stage);
    for (const piece of newsBetween(scene, seen)) say(piece.text, piece.tone);
    const canary = seen.revisions.find(({ role }) => role === 'canary');
    if (canary !== undefined) peaks.set(canary.version, Math.max(peaks.get(canary.version) ?? 0, canary.weight));
    scene = seen;
    draw(seen);
    return seen;
  }

  /** Undefined where all is well. */
  async function perform(act: Act): Promise<string | undefined> {
    switch (act.kind) {
      case 'apply':
        await stage.apply(readObjects(join(examples, act.file)));
        say(act.says, 'busy');
        return undefined;
      case 'load':
        stage.sandbox.send(load);
        say(`clients send ${requestsPerSecond} requests a second through the mesh`, 'busy');
        return undefined;
      case 'controller':
        controller = await stage.startController();
        say(`started dist/sluice.js controller (pid ${controller.pid})`, 'busy');
        return undefined;
      case 'expect':
        return await expect(act);
    }
  }

  async function expect({ what, judge: newJudge }: Expectation): Promise<string | undefined> {
    const judge = newJudge();
    const untilMs = elapsedMs() + patienceMs;
    for (;;) {
      const verdict = judge(look());
      if (verdict.kind === 'met' || signal.aborted) return undefined;
      if (verdict.kind === 'wrong') return `expected: ${what}; but ${verdict.why}`;
      const ending = controller?.ending();
      if (ending !== undefined) return `expected: ${what}; but the controller has ended: ${ending}`;
      if (elapsedMs() > untilMs)
        return `expected: ${what}; not seen within ${patienceMs / 1_000} s (${scene?.rollout?.message ?? 'no Rollout'})`;
      await sleep(clock, lookEveryMs, signal);
    }
  }

  async function playPart({ acts }: Part): Promise<string | undefined> {
    beginnings.push(look());
    for (const act of acts) {
      const problem = await perform(act);
      if (problem !== undefined || signal.aborted) return problem;
    }
    // The clients know what no metric tells.
    const { lost } = look().requests;
    const [first] = stage.sandbox.oracle.losses();
    return first === undefined
      ? undefined
      : `${lost} requests were lost: first ${first.count} to ${first.backendService}, ${first.loss.kind}`;
  }

  const played = (outcome: Played['outcome']): Played => ({
    ...{ outcome, beginnings, peaks, controller, elapsedMs: elapsedMs() },
    last: lookAt(stage),
  });

  async function playAll(): Promise<Played> {
    for (const [index, part] of parts.entries()) {
      const mark = (state: Chapter['state']) => {
        chapters[index] = { title: part.title, state };
      };
      mark('now');
      const problem = await playPart(part);
      if (signal.aborted) return played({ kind: 'stopped' });
      mark(problem === undefined ? 'done' : 'wrong');
      draw(look());
      if (problem !== undefined) return played({ kind: 'wrong', why: problem });
    }
    return played({ kind: 'as expected' });
  }

  const unwatch = stage.onRollout(() => void look());
  try {
    return await playAll();
  } finally {
    unwatch();
  }
}
