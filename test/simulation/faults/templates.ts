import { keyOf } from '../../../src/kube/index.ts';
import { sameJson } from '../../../src/lib/index.ts';
import type { Run, SeenCommit } from '../play/run.ts';
import { patchAs, type Template, templateHolder, templateOf } from './target.ts';

const churners = new WeakMap<Run, Set<number>>();

/** Writes of faults to templates, by revision: what people want is what they wrote beside those. */
function ownWrites(run: Run): Set<number> {
  const known = churners.get(run) ?? new Set<number>();
  churners.set(run, known);
  return known;
}

/** The templates that people have written, one after the other. */
function written(run: Run): readonly Template[] {
  const { resource, ref } = templateHolder(run);
  const own = ownWrites(run);
  const isTheirs = ({ by, object, revision, type }: SeenCommit) =>
    by === undefined && type !== 'DELETED' && object.kind === resource.kind && keyOf(object.metadata) === keyOf(ref) && !own.has(revision);
  const found: Template[] = [];
  for (const commit of run.commits) {
    if (!isTheirs(commit)) continue;
    const template = templateOf(commit.object);
    if (template === undefined || sameJson(template, templateOf(commit.previous))) continue;
    found.push(template);
  }
  return found;
}

/** As it is stored now. */
export function currentTemplate(run: Run): Template | undefined {
  const { resource, ref } = templateHolder(run);
  return templateOf(run.sandbox.client.get(resource, ref));
}

/** The one before the one that is wanted. */
export function previousTemplate(run: Run): Template | undefined {
  const all = written(run);
  return all.at(-2);
}

export function writeTemplate(run: Run, writer: string, template: Template): boolean {
  const { resource, ref } = templateHolder(run);
  const body = [{ op: 'replace', path: '/spec/template', value: template }];
  const isDone = patchAs(run, writer, { resource, ref, body, type: 'json' });
  if (isDone) ownWrites(run).add(run.sandbox.server.store.revision);
  return isDone;
}

/** Puts back what people wrote last. */
export function writeWanted(run: Run, writer: string): void {
  const wanted = written(run).at(-1);
  if (wanted !== undefined && !sameJson(wanted, currentTemplate(run))) writeTemplate(run, writer, wanted);
}
