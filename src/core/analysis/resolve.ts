import type { Result } from '../../lib/index.ts';
import { fail, ok } from '../../lib/index.ts';
import { askProblems } from './ask.ts';
import type { Argument, Metric } from './metric.ts';
import { placeholdersOf } from './placeholder.ts';
import type { Problem } from './problem.ts';
import { below } from './problem.ts';
import { predefinedNames, sampleArgs, scopeOf } from './scope.ts';
import { duplicateNames } from './shapes.ts';
import type { AnalysisTemplate } from './template.ts';

export interface MergedTemplates {
  readonly metrics: readonly Metric[];
  readonly args: readonly Argument[];
}

interface GivenArg {
  readonly name: string;
  readonly value: string;
}

/**
 * The metrics and arguments of a run made from `templates` (those that were found) for a Rollout that gives `given`. All problems
 * at once: names that clash, arguments unknown, given twice, missing, or out of place.
 */
export function mergeTemplates(
  templates: readonly AnalysisTemplate[],
  given: readonly GivenArg[],
): Result<MergedTemplates, readonly Problem[]> {
  const metrics = templates.flatMap(({ spec }) => spec.metrics);
  const declared = templates.flatMap((template) => declaredArgs(template, given));
  const args = mergeArgs(declared, given, usedNames(metrics));
  const problems = [
    ...metricClashes(templates),
    ...argClashes(declared, given),
    ...givenProblems(templates, given, usedNames(metrics)),
    ...templates.flatMap((template) => problemsAlone(template, args)),
    ...(metrics.length > 32 ? [{ path: ['metrics'], message: `${metrics.length} metrics in all; 32 are allowed` }] : []),
    ...(args.length > 50 ? [{ path: ['args'], message: `${args.length} arguments in all; 50 are allowed` }] : []),
  ];
  return problems.length === 0 ? ok({ metrics, args }) : fail(problems);
}

interface Declared {
  readonly template: string;
  readonly arg: Argument;
}

const isPredefined = (name: string): boolean => predefinedNames.some((predefined) => predefined === name);

/** What the template brings itself. One that looks at a window without naming it brings the default, 1m. */
function declaredArgs({ name, spec }: AnalysisTemplate, given: readonly GivenArg[]): readonly Declared[] {
  const own = spec.args.filter((arg) => !isPredefined(arg.name)).map((arg) => ({ template: name, arg }));
  const hasWindow = spec.args.some((arg) => arg.name === 'window' && arg.value !== undefined) || given.some((arg) => arg.name === 'window');
  const others = own.filter(({ arg }) => arg.name !== 'window' || arg.value !== undefined);
  return hasWindow || !spec.metrics.some(usesWindow) ? others : [...others, { template: name, arg: { name: 'window', value: '1m' } }];
}

const usesWindow = (metric: Metric): boolean =>
  metric.provider.prometheus?.builtin !== undefined ||
  (metric.provider.trafficMetrics !== undefined && metric.provider.trafficMetrics.window === undefined) ||
  usedNames([metric]).has('window');

/** Every name that stands as `{{args.NAME}}` in a text of the metrics. */
function usedNames(metrics: readonly Metric[]): ReadonlySet<string> {
  const texts = metrics.flatMap(({ successCondition, failureCondition, provider: { prometheus, web } }) => [
    ...[successCondition, failureCondition],
    ...[prometheus?.address, prometheus?.query, prometheus?.countQuery, web?.url, web?.body],
    ...[...(prometheus?.headers ?? []), ...(web?.headers ?? [])].map(({ value }) => value),
  ]);
  return new Set(texts.flatMap((text) => (text === undefined ? [] : placeholdersOf(text).flatMap(({ name }) => name ?? []))));
}

function mergeArgs(declared: readonly Declared[], given: readonly GivenArg[], used: ReadonlySet<string>): readonly Argument[] {
  const merged = new Map<string, Argument>();
  for (const { arg } of declared) {
    const value = given.find(({ name }) => name === arg.name)?.value;
    if (value !== undefined) merged.set(arg.name, { name: arg.name, value });
    else if (!merged.has(arg.name) && (arg.value !== undefined || arg.valueFrom !== undefined)) merged.set(arg.name, arg);
  }
  for (const { name, value } of given) {
    if ((used.has(name) || name === 'window') && !isPredefined(name) && !merged.has(name)) merged.set(name, { name, value });
  }
  return [...merged.values()];
}

function metricClashes(templates: readonly AnalysisTemplate[]): readonly Problem[] {
  const owners = templates.flatMap(({ name, spec }) =>
    spec.metrics.map((metric, index) => ({ template: name, metric: metric.name, index })),
  );
  return owners.flatMap(({ template, metric, index }, position) => {
    const first = owners.findIndex((owner) => owner.metric === metric);
    return first === position
      ? []
      : [{ path: [template, 'metrics', index, 'name'], message: `metric "${metric}" is in "${owners[first]?.template}" too` }];
  });
}

const contentOf = ({ value, valueFrom }: Argument): string =>
  value !== undefined ? `v${value}` : `s${valueFrom?.secretKeyRef?.name}/${valueFrom?.secretKeyRef?.key}`;

/** Two templates bring different contents for one name, and nobody says which. */
function argClashes(declared: readonly Declared[], given: readonly GivenArg[]): readonly Problem[] {
  const open = declared.filter(
    ({ arg }) => (arg.value !== undefined || arg.valueFrom !== undefined) && !given.some(({ name }) => name === arg.name),
  );
  return open.flatMap(({ template, arg }, position) => {
    const other = open.slice(0, position).find((one) => one.arg.name === arg.name && contentOf(one.arg) !== contentOf(arg));
    return other === undefined
      ? []
      : [{ path: [template, 'args', arg.name], message: `has another content than in "${other.template}"; give its value` }];
  });
}

function givenProblems(templates: readonly AnalysisTemplate[], given: readonly GivenArg[], used: ReadonlySet<string>): readonly Problem[] {
  const declared = new Set(templates.flatMap(({ spec }) => spec.args.map(({ name }) => name)));
  const unknown = given.flatMap(({ name }, index) => {
    if (isPredefined(name)) return [{ path: ['args', index, 'name'], message: `"${name}" is predefined and cannot be given` }];
    const isKnown = name === 'window' || declared.has(name) || used.has(name);
    return isKnown ? [] : [{ path: ['args', index, 'name'], message: `no template has an argument "${name}"` }];
  });
  return [...unknown, ...below('args', duplicateNames(given))];
}

/** The template with the arguments as they will be: what cannot be asked is found before a run is made. */
const problemsAlone = ({ name, spec }: AnalysisTemplate, args: readonly Argument[]): readonly Problem[] =>
  below(name, askProblems(spec.metrics, scopeOf(args, sampleArgs), { namespace: 'x' }));
