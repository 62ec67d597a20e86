import { labelValueProblems, qualifiedNameProblems } from './names.ts';
import { badRequest, refuse } from './status.ts';

/** Whether an object is selected. */
export type LabelSelector = (labels: Readonly<Record<string, string>>) => boolean;
export type FieldSelector = (fields: Readonly<Record<string, string>>) => boolean;

const all = () => true;

/** `a=b,c!=d,e in (f,g),h notin (i),j,!k`. Refuses what the API server would. */
export function parseLabelSelector(text: string | undefined): LabelSelector {
  if (text === undefined || text.trim() === '') return all;
  const requirements = text.split(/,(?![^(]*\))/).map((part) => labelRequirement(part.trim()));
  return (labels) => requirements.every((holds) => holds(labels));
}

function labelRequirement(part: string): LabelSelector {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(part);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    check(part, key, values);
    const has = (labels: Readonly<Record<string, string>>) => values.includes(labels[key] ?? '') && labels[key] !== undefined;
    return operator === 'in' ? has : (labels) => !has(labels);
  }
  const pair = /^([^=!\s]+)\s*(==|=|!=)\s*(\S*)$/.exec(part);
  if (pair !== null) {
    const [, key = '', operator, value = ''] = pair;
    check(part, key, [value]);
    return operator === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  }
  const bare = /^(!?)\s*(\S+)$/.exec(part);
  const key = bare?.[2] ?? '';
  check(part, key, []);
  return bare?.[1] === '!' ? (labels) => labels[key] === undefined : (labels) => labels[key] !== undefined;
}

function check(part: string, key: string, values: readonly string[]): void {
  const [problem] = qualifiedNameProblems(key);
  if (problem !== undefined)
    refuse(badRequest(`unable to parse requirement: <nil>: Invalid value: ${JSON.stringify(key || part)}: ${problem}`));
  for (const value of values) {
    const [bad] = labelValueProblems(value);
    if (bad !== undefined)
      refuse(badRequest(`unable to parse requirement: values[0][${key}]: Invalid value: ${JSON.stringify(value)}: ${bad}`));
  }
}

/** `metadata.name=web,status.phase!=Running`. `known` are the fields that the kind can be selected by. */
export function parseFieldSelector(text: string | undefined, known: readonly string[], kind: string): FieldSelector {
  if (text === undefined || text.trim() === '') return all;
  const terms = text.split(/(?<!\\),/).map((part) => {
    const found = /^([^=!]+)(==|!=|=)(.*)$/.exec(part);
    if (found === null) refuse(badRequest(`invalid selector: ${JSON.stringify(text)}; can't understand ${JSON.stringify(part)}`));
    const [, field = '', operator, raw = ''] = found;
    if (!known.includes(field))
      refuse(badRequest(`field label not supported${kind === '' ? '' : ` for ${JSON.stringify(kind)}`}: ${field}`));
    return { field, value: raw.replace(/\\([\\,=])/g, '$1'), isEqual: operator !== '!=' };
  });
  return (fields) => terms.every(({ field, value, isEqual }) => ((fields[field] ?? '') === value) === isEqual);
}
