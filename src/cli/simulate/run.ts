import { fail, ok, type Result } from '../../lib/index.ts';
import { readDocuments, type Source } from './documents.ts';
import { CannotPlay, playSeed, type SeedResult } from './play.ts';
import { type Prepared, prepare } from './prepare.ts';
import { type Report, reportOf } from './report.ts';
import type { Scenario } from './scenario.ts';
import type { Settings } from './settings.ts';

export interface SimulationInput {
  readonly sources: readonly Source[];
  /** Templates that come with the program. */
  readonly library: readonly Source[];
  readonly settings: Settings;
}

/** Plays these seeds; in whatever threads, the results come in their order. */
export type PlaySeeds = (scenario: Scenario, seeds: readonly number[]) => Promise<readonly SeedResult[]>;

/** From what a user wrote to what would come of it; or all that is wrong with it. */
export async function simulate(input: SimulationInput, play: PlaySeeds = playOneByOne): Promise<Result<Report, readonly string[]>> {
  const prepared = readInput(input);
  if (!prepared.ok) return prepared;
  const { scenario } = prepared.value;
  const { seeds = seedsFor(scenario), firstSeed } = input.settings;
  try {
    const results = await play(
      scenario,
      Array.from({ length: seeds }, (_, index) => firstSeed + index),
    );
    return ok(reportOf(prepared.value, results));
  } catch (error) {
    if (error instanceof CannotPlay) return fail([error.message]);
    throw error;
  }
}

function readInput({ sources, library, settings }: SimulationInput): Result<Prepared, readonly string[]> {
  const documents = readDocuments(sources);
  if (!documents.ok) return documents;
  const ready = readDocuments(library);
  return prepare({ documents: documents.value, library: ready.ok ? ready.value : [] }, settings);
}

export async function playOneByOne(scenario: Scenario, seeds: readonly number[]): Promise<readonly SeedResult[]> {
  const results: SeedResult[] = [];
  for (const seed of seeds) results.push(await playSeed(scenario, seed));
  return results;
}

const hourMs = 3_600_000;

/** As many as are played in a few seconds; a rollout of days takes longer. */
export function seedsFor({ lengthMs }: Pick<Scenario, 'lengthMs'>): number {
  if (lengthMs <= 12 * hourMs) return 20;
  return lengthMs <= 72 * hourMs ? 10 : 5;
}
