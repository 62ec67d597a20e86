import { at, listAt, numberAt, textAt } from '../../../api/raw.ts';
import { type Finding, findingIn } from '../findings.ts';
import type { FileObject } from '../objects.ts';
import { isOurs, type Rule } from './rule.ts';

const kinds = ['AnalysisTemplate', 'ClusterAnalysisTemplate', 'AnalysisRun'].map(isOurs);

/** Metrics by themselves, whoever uses them. */
export const metrics: Rule = ({ objects }) =>
  objects
    .filter((object) => kinds.some((isOfKind) => isOfKind(object)))
    .flatMap((object) =>
      listAt(object.object, 'spec', 'metrics').flatMap((metric, index) => ofMetric(object, metric, `spec.metrics[${index}]`)),
    );

function ofMetric(object: FileObject, metric: unknown, path: string): readonly Finding[] {
  return [...silentQuery(object, metric, path), ...nothingToShow(object, metric, path)];
}

/**
 * A ratio whose upper part picks requests by how they ended: where none ended so, it has no series, and the whole query no answer. Of a share of
 * successes that is when everything fails, of a share of errors when nothing does.
 */
function silentQuery(object: FileObject, metric: unknown, path: string): readonly Finding[] {
  const query = textAt(metric, 'provider', 'prometheus', 'query');
  const upper = query === undefined ? undefined : numeratorOf(query);
  if (upper === undefined || /\bor\b/.test(withoutStrings(upper))) return [];
  const outcome = outcomeMatcher.exec(upper);
  if (outcome === null) return [];
  const isSuccess = /!~|!=/.test(outcome[2] ?? '') !== /["'`](2|3|success|ok|0)/i.test(outcome[3] ?? '');
  const when = isSuccess
    ? 'when every request fails, which is what it is there to see'
    : 'as long as no request fails: a good release never passes';
  const name = textAt(metric, 'name') ?? '';
  return [
    findingIn(
      object,
      `${path}.provider.prometheus.query`,
      'SilentQuery',
      `metric "${name}" counts by ${outcome[1]} without "or vector(0)": it has no answer ${when}`,
    ),
  ];
}

const outcomeMatcher =
  /\b(status|status_code|code|response_code|response_flags|classification|grpc_code|grpc_status|envoy_response_code(?:_class)?|http_status(?:_code)?|result|outcome)\s*(=~|!~|!=|=)\s*(["'`][^"'`]*["'`])/;

/** What stands before the first `/`; undefined where nothing is divided. */
function numeratorOf(query: string): string | undefined {
  const at = withoutStrings(query).indexOf('/');
  return at === -1 ? undefined : query.slice(0, at);
}

/** Strings of the same length with nothing in them. */
const withoutStrings = (query: string): string =>
  query.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g, (text) => '_'.repeat(text.length));

function nothingToShow(object: FileObject, metric: unknown, path: string): readonly Finding[] {
  const compare = at(metric, 'compare');
  if (compare === undefined || (numberAt(compare, 'minEffect') ?? 0) !== 0) return [];
  const name = textAt(metric, 'name') ?? '';
  const place = numberAt(compare, 'minEffect') === undefined ? `${path}.compare` : `${path}.compare.minEffect`;
  return [
    findingIn(object, place, 'CompareNeverPasses', `metric "${name}" has minEffect 0: a release that is as good as stable never passes it`),
  ];
}
