import type { FoundSource } from '../sources.ts';
import { type Finding, sorted } from './findings.ts';
import { readFile } from './objects.ts';
import { analyses } from './rules/analyses.ts';
import { duplicates } from './rules/duplicates.ts';
import { metrics } from './rules/metrics.ts';
import { neighbours } from './rules/neighbours.ts';
import { ownKinds } from './rules/own-kinds.ts';
import { group, type Rule } from './rules/rule.ts';

const rules: readonly Rule[] = [ownKinds, duplicates, analyses, metrics, neighbours];

export interface Linted {
  readonly findings: readonly Finding[];
  readonly files: number;
  /** Of our kinds. */
  readonly objects: number;
}

/** Everything that is wrong with the files, all of it at once. `library`: templates that come with the program. */
export function check(sources: readonly FoundSource[], library: readonly FoundSource[]): Linted {
  const read = sources.map(readFile);
  const objects = read.flatMap((file) => file.objects);
  const files = { objects, library: library.flatMap((source) => readFile(source).objects) };
  return {
    findings: sorted([...read.flatMap((file) => file.findings), ...rules.flatMap((rule) => rule(files))]),
    files: sources.length,
    objects: objects.filter((object) => object.group === group).length,
  };
}
