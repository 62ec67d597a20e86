import { type Clock, sleep, systemClock } from '../../lib/index.ts';
import { findExamples } from './files.ts';
import { type Played, play } from './play.ts';
import { openWorkshop, type Workshop } from './processes.ts';
import { openScreen, type Screen } from './screen.ts';
import { buildStage, type Stage } from './stage.ts';
import { story } from './story.ts';
import { directions, summary, whereToGo } from './summary.ts';

export interface DemoOptions {
  /** The program as it is shipped: it is its own controller. */
  readonly program: string;
  readonly isHeld: boolean;
  readonly isPlain: boolean;
  readonly seed: number;
  readonly port: number | undefined;
  /** Undefined: those beside the program. */
  readonly examples: string | undefined;
}

const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type Signal = keyof typeof signals;

/** The whole demo; its exit code. Whatever happens, nothing of it is left behind. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const examples = options.examples ?? findExamples(options.program);
  if (examples === undefined) {
    process.stderr.write('there is no folder `examples` beside this program: run the demo from a checkout, or name it with --examples\n');
    return 1;
  }
  const stop = new AbortController();
  let heard: Signal | undefined;
  const onSignal = (signal: Signal) => {
    heard ??= signal;
    stop.abort();
  };
  for (const signal of Object.keys(signals) as Signal[]) process.on(signal, onSignal);
  // Whoever reads has gone: `npm run demo | head`.
  process.stdout.on('error', () => onSignal('SIGHUP'));
  const clock = systemClock;
  const screen = openScreen({ out: process.stdout, env: process.env, isPlain: options.isPlain });
  const workshop = openWorkshop(clock);
  try {
    const code = await perform({ ...options, examples }, { clock, screen, workshop, signal: stop.signal });
    return heard === undefined || code !== undefined ? (code ?? 0) : signals[heard];
  } catch (error) {
    screen.close();
    if (heard !== undefined) return signals[heard];
    screen.print([`The demo failed: ${error instanceof Error ? error.message : String(error)}`]);
    return 1;
  } finally {
    screen.close();
    await workshop.close();
  }
}

interface Means {
  readonly clock: Clock;
  readonly screen: Screen;
  readonly workshop: Workshop;
  readonly signal: AbortSignal;
}

/** Undefined where a signal decides. */
async function perform(options: DemoOptions & { readonly examples: string }, means: Means): Promise<number | undefined> {
  const { clock, screen, workshop, signal } = means;
  const { program, seed, port, examples } = options;
  const stage = await buildStage({ clock, workshop, program, seed, port, signal });
  try {
    const played = await play(story, { clock, stage, screen, examples, signal });
    screen.close();
    screen.print(['', ...linesOf(played)]);
    if (played.outcome.kind === 'stopped') return undefined;
    const isWrong = played.outcome.kind === 'wrong';
    if (options.isHeld) await hold(played, stage, { screen, examples, clock, signal });
    else if (!isWrong) screen.print(whereToGo);
    return isWrong ? 1 : 0;
  } finally {
    await stage.close();
  }
}

function linesOf(played: Played): readonly string[] {
  const { outcome, controller } = played;
  switch (outcome.kind) {
    case 'as expected':
      return summary(played);
    case 'stopped':
      return ['stopped'];
    case 'wrong':
      return [`WRONG: ${outcome.why}`, '', 'The last lines of the controller:', ...(controller?.lastLines(10) ?? [])];
  }
}

async function hold(
  played: Played,
  stage: Stage,
  { screen, examples, clock, signal }: Pick<Means, 'screen' | 'clock' | 'signal'> & { readonly examples: string },
): Promise<void> {
  screen.print(['', ...directions(stage, played, examples)]);
  while (!signal.aborted) await sleep(clock, 60_000, signal);
}
