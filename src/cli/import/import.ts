import { decodeAnalysisTemplate, decodeClusterAnalysisTemplate, decodeRollout, type FieldError, yaml } from '../../api/index.ts';
import type { KubeObject } from '../../kube/index.ts';
import type { Result } from '../../lib/index.ts';
import { type Outside, say } from '../outside.ts';
import { type Document, readDocuments } from '../simulate/documents.ts';
import { readSources } from '../sources.ts';
import { argoRollout, argoTemplate } from './argo.ts';
import type { Converted, Members } from './converted.ts';
import { flaggerCanary } from './flagger.ts';

export interface ImportFlags {
  readonly file?: readonly string[];
  readonly strict?: boolean;
  readonly output?: string;
}

const done = 0;
const incomplete = 1;
const unusable = 2;

/** Their manifests on the one side, ours on standard output; what was lost on the way on standard error, each field with its reason. Nothing is applied. */
export async function importFiles(
  { file: paths = [], strict = false, output }: ImportFlags,
  { stdin, stdout, stderr }: Outside,
): Promise<number> {
  const refuse = (problems: readonly string[]) => {
    say(stderr, problems);
    return unusable;
  };
  if (paths.length === 0) return refuse(['-f FILE: is required; a folder is all that is below it, - is standard input']);
  const sources = await readSources(paths, stdin);
  if (!sources.ok) return refuse(sources.failure);
  const documents = readDocuments(sources.value);
  if (!documents.ok) return refuse(documents.failure);
  const theirs = documents.value.filter((document) => converterOf(document) !== undefined);
  if (theirs.length === 0) return refuse(['nothing of Flagger or Argo Rollouts is in these files']);
  const templates = documents.value
    .filter(({ group, kind }) => group === 'flagger.app' && kind === 'MetricTemplate')
    .map(({ object }) => object as Members);
  const converted = theirs.map((document) => ({ document, made: converterOf(document)?.(document.object as Members, templates) ?? '' }));
  const objects = converted.flatMap(({ made }) => (typeof made === 'string' ? [] : made.objects));
  stdout.write(
    output === 'json'
      ? `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }, undefined, 2)}\n`
      : objects.map((object) => `---\n${yaml(object)}`).join(''),
  );
  const lost = converted.flatMap(({ document, made }) => remarksOf(document, made));
  const wrong = objects.flatMap(problemsOf);
  say(stderr, [...lost, ...wrong]);
  const isIncomplete = wrong.length > 0 || converted.some(({ made }) => typeof made === 'string') || (strict && lost.length > 0);
  return isIncomplete ? incomplete : done;
}

type Converter = (source: Members, metricTemplates: readonly Members[]) => Converted | string;

function converterOf({ group, kind }: Document): Converter | undefined {
  if (group === 'flagger.app') return kind === 'Canary' ? flaggerCanary : undefined;
  if (group !== 'argoproj.io') return undefined;
  if (kind === 'Rollout') return argoRollout;
  return kind === 'AnalysisTemplate' || kind === 'ClusterAnalysisTemplate' ? argoTemplate : undefined;
}

const remarksOf = ({ where, kind, name }: Document, made: Converted | string): readonly string[] =>
  typeof made === 'string'
    ? [`${where}: ${kind} ${name}: not imported: ${made}`]
    : made.remarks.map(({ path, why }) => `${where}: ${kind} ${name}: ${path}: ${why}`);

const decoders: Readonly<Record<string, (object: KubeObject) => Result<unknown, readonly FieldError[]>>> = {
  ...{ Rollout: decodeRollout, AnalysisTemplate: decodeAnalysisTemplate, ClusterAnalysisTemplate: decodeClusterAnalysisTemplate },
};

/** What has to be put right by hand before it can be applied. */
function problemsOf(object: Members): readonly string[] {
  const read = decoders[String(object.kind)]?.(object as unknown as KubeObject);
  const { name } = object.metadata as { readonly name?: string };
  return read === undefined || read.ok
    ? []
    : read.failure.map(({ path, message }) => `${String(object.kind)} ${name ?? ''}: to be put right: ${path}: ${message}`);
}
