import { type FieldError, forbidden, invalid, required } from './field-error.ts';
import type { MetadataChecks } from './kinds/index.ts';
import { labelValueProblems, qualifiedNameProblems, subdomainProblems } from './names.ts';
import type { ApiObject } from './port.ts';
import { byText, listOf, type Members, membersOf, textOf } from './values.ts';

const maxAnnotationBytes = 256 * 1024;

/**
 * What is wrong with an object's metadata, as often as the server says it: of an update it looks at metadata as a change and as a whole,
 * each once or twice by its kind.
 */
export function validateMetadata(object: ApiObject, old: ApiObject | undefined, checks: MetadataChecks): readonly FieldError[] {
  const common = commonErrors(object.metadata);
  if (old === undefined)
    return [...nameErrors(object.metadata.name, checks.isFreeName), ...wholeErrors(object, checks.asWhole.slice(0, 1), common)];
  const ofChange = [...changeErrors(object, old), ...common];
  const { finalizers } = object.metadata;
  if (ofChange.length === 0 && (finalizers === undefined || finalizers.length === 0)) return none;
  return [...Array.from({ length: checks.asChange }, () => ofChange).flat(), ...wholeErrors(object, checks.asWhole, common)];
}

function wholeErrors({ metadata }: ApiObject, looks: MetadataChecks['asWhole'], common: readonly FieldError[]): readonly FieldError[] {
  const finalizers = finalizerErrors(metadata.finalizers);
  return looks.flatMap((look) => [...common, ...finalizers, ...(look === 'core' ? unqualifiedErrors(metadata.finalizers) : [])]);
}

function changeErrors({ metadata }: ApiObject, old: ApiObject): readonly FieldError[] {
  return [
    ...newFinalizerErrors(metadata.finalizers, old),
    ...(metadata.uid === old.metadata.uid ? [] : [invalid('metadata.uid', metadata.uid, 'field is immutable')]),
  ];
}

function commonErrors({ labels, annotations, ownerReferences }: ApiObject['metadata']): readonly FieldError[] {
  const ofLabels = once(sound.labels, labels, () => labelErrors(labels));
  const ofAnnotations = once(sound.annotations, annotations, () => annotationErrors(annotations));
  const ofOwners = once(sound.owners, ownerReferences, () => ownerErrors(ownerReferences));
  return ofLabels.length + ofAnnotations.length + ofOwners.length === 0 ? none : [...ofLabels, ...ofAnnotations, ...ofOwners];
}

function nameErrors(name: string, isFreeName: boolean): readonly FieldError[] {
  if (isFreeName) return /[/%]/.test(name) ? [invalid('metadata.name', name, "may not contain '/'")] : [];
  return subdomainProblems(name).map((problem) => invalid('metadata.name', name, problem));
}

const sound = { labels: new WeakSet<object>(), annotations: new WeakSet<object>(), owners: new WeakSet<object>() };

/** What is stored is frozen and has been looked at: it is sound for ever. */
function once(known: WeakSet<object>, value: unknown, look: () => readonly FieldError[]): readonly FieldError[] {
  if (value === undefined) return none;
  if (typeof value !== 'object' || value === null) return look();
  if (known.has(value)) return none;
  const errors = look();
  if (errors.length === 0 && Object.isFrozen(value)) known.add(value);
  return errors;
}

const none: readonly FieldError[] = [];

const labelErrors = (labels: unknown): readonly FieldError[] =>
  Object.entries(membersOf(labels)).flatMap(([key, value]) => [
    ...qualifiedNameProblems(key).map((problem) => invalid('metadata.labels', key, problem)),
    ...labelValueProblems(textOf(value)).map((problem) => invalid('metadata.labels', value, problem)),
  ]);

function annotationErrors(annotations: unknown): readonly FieldError[] {
  const all = Object.entries(membersOf(annotations));
  const size = all.reduce((sum, [key, value]) => sum + key.length + textOf(value).length, 0);
  return [
    ...all.flatMap(([key]) => qualifiedNameProblems(key.toLowerCase()).map((problem) => invalid('metadata.annotations', key, problem))),
    ...(size > maxAnnotationBytes
      ? [{ type: 'TooLong', field: 'metadata.annotations', detail: `may not be more than ${maxAnnotationBytes} bytes` } as const]
      : []),
  ];
}

/** `v1`, or `group/v1`. */
const hasVersion = (apiVersion: string): boolean => /^([^/]+\/)?[^/]+$/.test(apiVersion);

function ownerProblems(owner: Members): readonly FieldError[] {
  const { apiVersion, kind } = owner;
  const empty = (['kind', 'name', 'uid'] as const).filter((field) => textOf(owner[field]) === '');
  const isEvent = kind === 'Event' && (apiVersion === 'v1' || textOf(apiVersion).startsWith('events.k8s.io/'));
  const [group, version] = textOf(apiVersion).includes('/') ? textOf(apiVersion).split('/') : ['', apiVersion];
  return [
    ...(hasVersion(textOf(apiVersion))
      ? []
      : [invalid('metadata.ownerReferences.apiVersion', apiVersion ?? '', 'version must not be empty')]),
    ...empty.map((field) => invalid(`metadata.ownerReferences.${field}`, '', 'must not be empty')),
    ...(isEvent ? [invalid('metadata.ownerReferences', owner, `${group}/${version}, Kind=Event is disallowed from being an owner`)] : []),
  ];
}

function ownerErrors(owners: unknown): readonly FieldError[] {
  const all = listOf(owners).map(membersOf);
  const controllers = all.filter(({ controller }) => controller === true);
  const [first, second] = controllers.map(({ kind, name }) => `${textOf(kind)}/${textOf(name)}`);
  return [
    ...all.flatMap(ownerProblems),
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

const finalizerErrors = (finalizers: unknown): readonly FieldError[] =>
  listOf(finalizers).flatMap((name) => qualifiedNameProblems(String(name)).map((problem) => invalid('metadata.finalizers', name, problem)));

/** Those of Kubernetes itself, which need no domain. */
const standardFinalizers: readonly unknown[] = ['kubernetes', 'orphan', 'foregroundDeletion'];
const isUnqualified = (name: unknown): boolean => !String(name).includes('/') && !standardFinalizers.includes(name);

const unqualifiedErrors = (finalizers: unknown): readonly FieldError[] =>
  listOf(finalizers).flatMap((name, index) =>
    isUnqualified(name)
      ? [invalid(`metadata.finalizers[${index}]`, name, 'name is neither a standard finalizer name nor is it fully qualified')]
      : [],
  );

/** Of a custom resource the server only warns of them. */
export const finalizerWarnings = (object: ApiObject, old: ApiObject | undefined): readonly string[] =>
  listOf(object.metadata.finalizers)
    .filter((name) => isUnqualified(name) && !listOf(old?.metadata.finalizers).includes(name))
    .map(
      (name) =>
        `metadata.finalizers: ${JSON.stringify(name)}: prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers`,
    );

function newFinalizerErrors(finalizers: unknown, old: ApiObject): readonly FieldError[] {
  if (old.metadata.deletionTimestamp === undefined) return [];
  const before = old.metadata.finalizers ?? [];
  const added = listOf(finalizers)
    .map(String)
    .filter((name) => !before.includes(name))
    .sort(byText);
  if (added.length === 0) return [];
  const said = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((name) => JSON.stringify(name)).join(', ')}}`;
  return [forbidden('metadata.finalizers', said)];
}

export const namelessError = required('metadata.name', 'name or generateName is required');
