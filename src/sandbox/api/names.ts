// The forms of names, labels and keys, and what the server says of those that miss them.
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const subdomainProblem =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const qualified = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const qualifiedProblem =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const labelValueProblem =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

type Problems = readonly string[];
const none: Problems = [];

/** Of a DNS subdomain: the name of most objects, the prefix of a qualified name. */
export const subdomainProblems = (value: string): Problems =>
  value.length <= 253 && subdomain.test(value)
    ? none
    : [...(value.length > 253 ? ['must be no more than 253 bytes'] : []), ...(subdomain.test(value) ? [] : [subdomainProblem])];

/** Of a key of labels or annotations, or a finalizer: a name, with or without a domain before it. */
export function qualifiedNameProblems(value: string): Problems {
  const parts = value.split('/');
  const [name = '', prefix] = parts.toReversed();
  if (parts.length > 2)
    return [`a qualified name ${qualifiedProblem} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  if (prefix === undefined && name.length <= 63 && qualified.test(name)) return none;
  return [
    ...(prefix === '' ? ['prefix part must be non-empty'] : []),
    ...(prefix === undefined || prefix === '' ? [] : subdomainProblems(prefix).map((problem) => `prefix part ${problem}`)),
    ...(name === '' ? ['name part must be non-empty'] : []),
    ...(name.length > 63 ? ['name part must be no more than 63 bytes'] : []),
    ...(qualified.test(name) ? [] : [`name part ${qualifiedProblem}`]),
  ];
}

export const labelValueProblems = (value: string): Problems =>
  value.length <= 63 && labelValue.test(value)
    ? none
    : [...(value.length > 63 ? ['must be no more than 63 bytes'] : []), ...(labelValue.test(value) ? [] : [labelValueProblem])];
