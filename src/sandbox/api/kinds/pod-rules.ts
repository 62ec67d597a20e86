import { duplicate, type FieldError, invalid, required } from '../field-error.ts';
import { listOf, type Members, membersOf, textOf } from '../values.ts';

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
export const dnsLabelProblem =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

/** What makes a pod impossible: no containers, containers without name or image, two of one name. */
export function validatePodSpec(spec: Members, path: string): readonly FieldError[] {
  const containers = listOf(spec.containers).map(membersOf);
  if (containers.length === 0) return [required(`${path}.containers`)];
  const seen = new Set<string>();
  return containers.flatMap((container, index) => {
    const at = `${path}.containers[${index}]`;
    const name = textOf(container.name);
    const isTwin = seen.has(name);
    seen.add(name);
    return [
      ...(name === '' ? [required(`${at}.name`)] : dnsLabel.test(name) ? [] : [invalid(`${at}.name`, name, dnsLabelProblem)]),
      ...(isTwin && name !== '' ? [duplicate(`${at}.name`, name)] : []),
      ...(textOf(container.image) === '' ? [required(`${at}.image`)] : []),
    ];
  });
}
