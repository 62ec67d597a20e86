/** What only `sluice lint` says, of files. */
const rule = <Severity extends 'warning' | 'error'>(severity: Severity, means: string, remedy: string) => ({ severity, means, remedy });

export const lintReasons = {
  UnreadableFile: rule('error', 'A file cannot be read, or is no YAML.', 'The message says where it ends to be YAML.'),
  UnknownField: rule(
    'error',
    'A field that the kind does not have: the API server drops it without a word.',
    'Remove it, or correct its spelling.',
  ),
  UnknownKind: rule('error', 'The group has no such kind, or not in that version.', 'Correct kind and apiVersion.'),
  DuplicateObject: rule('error', 'The same object is written twice: the one that is applied last wins.', 'Remove one of them.'),
  ScalerOnWorkload: rule(
    'warning',
    'An autoscaler targets the workload, which the Rollout keeps at zero: it scales nothing, and fights the Rollout where it tries.',
    'Let it target the Rollout: apiVersion sluice.dev/v1alpha1, kind Rollout.',
  ),
  ReplicasInGit: rule(
    'warning',
    'A number of replicas is written where something else decides on it: each apply sets it back.',
    'Take replicas out of the file.',
  ),
  SilentQuery: rule(
    'warning',
    'A query has no series, and so no answer, in the very case that it is there for.',
    'Add `or vector(0)` to the part that counts, or use the builtin of that name.',
  ),
} as const;
