import type { FieldError } from './field-error.ts';
import { forbidden, invalid, required } from './field-error.ts';
import type { ApiObject } from './port.ts';
import { labelNamePattern, labelValuePattern } from './selectors.ts';
import { byText, listOf, membersOf, textOf } from './values.ts';

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const subdomainProblem =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const nameProblem =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const valueProblem =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const maxAnnotationBytes = 256 * 1024;

/** What is wrong with an object's metadata. Some names are paths of RBAC and free: `isFreeName`. */
export function validateMetadata(object: ApiObject, old: ApiObject | undefined, isFreeName: boolean): readonly FieldError[] {
  const { metadata } = object;
  return [
    ...(old === undefined ? nameErrors(metadata.name, isFreeName) : []),
    ...labelErrors(metadata.labels),
    ...annotationErrors(metadata.annotations),
    ...ownerErrors(metadata.ownerReferences),
    ...finalizerErrors(metadata.finalizers, old),
    ...(old !== undefined && metadata.uid !== old.metadata.uid ? [invalid('metadata.uid', metadata.uid, 'field is immutable')] : []),
  ];
}

function nameErrors(name: string, isFreeName: boolean): readonly FieldError[] {
  if (isFreeName) return /[/%]/.test(name) ? [invalid('metadata.name', name, "may not contain '/'")] : [];
  if (name.length > 253) return [invalid('metadata.name', name, 'must be no more than 253 bytes')];
  return subdomain.test(name) ? [] : [invalid('metadata.name', name, subdomainProblem)];
}

function labelErrors(labels: unknown): readonly FieldError[] {
  return Object.entries(membersOf(labels)).flatMap(([key, value]) => [
    ...(labelNamePattern.test(key) ? [] : [invalid('metadata.labels', key, nameProblem)]),
    ...(labelValuePattern.test(textOf(value)) ? [] : [invalid('metadata.labels', value, valueProblem)]),
  ]);
}

function annotationErrors(annotations: unknown): readonly FieldError[] {
  const all = Object.entries(membersOf(annotations));
  const size = all.reduce((sum, [key, value]) => sum + key.length + textOf(value).length, 0);
  return [
    ...all.filter(([key]) => !labelNamePattern.test(key)).map(([key]) => invalid('metadata.annotations', key, nameProblem)),
    ...(size > maxAnnotationBytes
      ? [{ type: 'TooLong', field: 'metadata.annotations', detail: `may not be more than ${maxAnnotationBytes} bytes` } as const]
      : []),
  ];
}

function ownerErrors(owners: unknown): readonly FieldError[] {
  const all = listOf(owners).map(membersOf);
  const controllers = all.filter(({ controller }) => controller === true);
  const [first, second] = controllers.map(({ kind, name }) => `${textOf(kind)}/${textOf(name)}`);
  return [
    ...all.flatMap((owner) =>
      (['apiVersion', 'kind', 'name', 'uid'] as const).flatMap((field) =>
        textOf(owner[field]) === ''
          ? [invalid(`metadata.ownerReferences.${field}`, '', field === 'apiVersion' ? 'version must not be empty' : 'must not be empty')]
          : [],
      ),
    ),
    ...(second === undefined
      ? []
      : [
          invalid(
            'metadata.ownerReferences',
            all,
            `Only one reference can have Controller set to true. Found "true" in references for ${first} and ${second}`,
          ),
        ]),
  ];
}

function finalizerErrors(finalizers: unknown, old: ApiObject | undefined): readonly FieldError[] {
  const all = listOf(finalizers).map(String);
  const before = old?.metadata.finalizers ?? [];
  const added = all.filter((name) => !before.includes(name)).sort(byText);
  const isDeleting = old?.metadata.deletionTimestamp !== undefined;
  return [
    ...all.filter((name) => !labelNamePattern.test(name)).map((name) => invalid('metadata.finalizers', name, nameProblem)),
    ...(isDeleting && added.length > 0
      ? [
          forbidden(
            'metadata.finalizers',
            `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((name) => JSON.stringify(name)).join(', ')}}`,
          ),
        ]
      : []),
  ];
}

export const namelessError = required('metadata.name', 'name or generateName is required');
