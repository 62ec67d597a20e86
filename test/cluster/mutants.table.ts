// Faults of one line, planted in our own code, each with the scenario that is there to catch it. See mutants.ts.
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly test: string;
  /** Part of the test's name. */
  readonly scenario: string;
}

export const mutants: readonly Mutant[] = [
  {
    name: 'a failed analysis is not heard',
    file: 'src/core/phases/progressing.ts',
    from: "runs.find(({ phase }) => phase === 'Failed')",
    to: 'runs.find(() => false)',
    test: 'release',
    scenario: 'fails 30 %',
  },
  {
    name: 'no data passes',
    file: 'src/core/phases/guards.ts',
    from: 'if (lacking === undefined) return undefined;',
    to: 'return undefined;',
    test: 'verdicts',
    scenario: 'without any traffic nothing is promoted',
  },
  {
    name: 'a weight is confirmed without a look',
    file: 'src/core/confirmation.ts',
    from: "if (metrics.kind === 'contradicts') return",
    to: "if (metrics.kind === 'contradicts') return { kind: 'confirmed', by: 'Metrics', observed: undefined }; else if (Math.abs(0) > 1) return",
    test: 'confirmation',
    scenario: 'is seen by the share that metrics show',
  },
  {
    name: 'the adapter is not asked',
    file: 'src/core/confirmation.ts',
    from: "if (facts.adapter.kind === 'contradicts') return",
    to: "if (facts.adapter.kind === 'contradicts' && facts.nowMs < 0) return",
    test: 'confirmation',
    scenario: 'is seen in Linkerd',
  },
  {
    name: 'pods are not waited for',
    file: 'src/core/phases/guards.ts',
    from: 'podsGuard(world, draft, goalWeight) ??',
    to: '',
    test: 'pods',
    scenario: 'gets no weight and is aborted by the progress deadline',
  },
  {
    name: 'a canary without pods keeps its weight',
    file: 'src/core/phases/progressing.ts',
    from: 'if ((canary?.readyEndpoints ?? 0) > 0) return undefined;',
    to: 'if (world.nowMs > 0) return undefined;',
    test: 'pods',
    scenario: 'and not back within 30 s, it is rolled back',
  },
  {
    name: 'a new template takes over the weight of the old one',
    file: 'src/core/phases/leaving.ts',
    from: "if (!isOut(draft)) return cutting(fromTheStart(world, draft), 'Progressing');",
    to: '',
    test: 'churn',
    scenario: 'the old canary is at 0, confirmed',
  },
  {
    name: 'a foreign edit stays',
    file: 'src/core/upkeep/split.ts',
    from: 'if (!isForeignEdit(view, desired) || (isCut && isLeaving(draft))) return writing(draft, desired, view, isCut);',
    to: 'return isForeignEdit(view, desired) ? draft : writing(draft, desired, view, isCut);',
    test: 'contention',
    scenario: 'put right at once three times',
  },
  {
    name: 'the pods of stable go with the weight',
    file: 'src/core/facts.ts',
    from: 'return Math.max(wantedReplicas(world), floor);',
    to: 'return Math.ceil((Math.max(wantedReplicas(world), floor) * (100 - (status.weight?.desired ?? 0))) / 100);',
    test: 'steps',
    scenario: 'rolls a release back that turns bad at 100 %',
  },
  {
    name: 'the workload is scaled to zero before its traffic has moved',
    file: 'src/core/phases/initializing.ts',
    from: 'if (stable?.service !== undefined && stable.deployment !== undefined && ready >= wanted)',
    to: 'if (stable?.service !== undefined && stable.deployment !== undefined)',
    test: 'adoption',
    scenario: 'four slow pods',
  },
  {
    name: 'the split is removed before the workload serves',
    file: 'src/core/phases/terminating.ts',
    from: 'if (!workload.isRolledOut || workload.readyReplicas < replicas)',
    to: 'if (world.nowMs < 0)',
    test: 'deletion',
    scenario: 'in mid-run at 50 %',
  },
  {
    name: 'the split is written before status',
    file: 'src/controller/execute.ts',
    from: 'if (plan.status !== undefined) {',
    to: "for (const effect of plan.effects) if (effect.kind === 'writeSplit') await act(effect, current, executors, signal);\n  if (plan.status !== undefined) {",
    test: 'release',
    scenario: 'a good release is promoted',
  },
  {
    name: 'a deletion leaves an unapproved template behind',
    file: 'src/core/phases/terminating.ts',
    from: 'const isRestored = ',
    to: 'const isRestored = world.nowMs > 0 || ',
    test: 'deletion',
    scenario: 'gets the stable template, not the one that failed',
  },
  {
    name: 'a deletion makes the split that adoption had not come to',
    file: 'src/core/upkeep/split.ts',
    from: 'return isOurs(view) && (stage',
    to: 'return (stage',
    test: 'deletion',
    scenario: 'its Service applied',
  },
  {
    name: 'a deletion pins the Service that adoption had not come to',
    file: 'src/core/upkeep/workload.ts',
    from: 'return isPinned && (stage',
    to: 'return (stage',
    test: 'deletion',
    scenario: 'its Service created',
  },
  {
    name: 'pods read the configuration that is shared',
    file: 'src/core/revision.ts',
    from: 'copies.get(`${kind}/${name}`) ?? name',
    to: "(copies.size >= 0 ? name : '')",
    test: 'config',
    scenario: 'a ConfigMap that changes',
  },
  {
    name: 'copies outlive their revision',
    file: 'src/controller/execute-revision.ts',
    from: 'const copies = (present?.deployment?.copies ?? [])',
    to: 'const copies = (present?.deployment?.copies ?? []).slice(99)',
    test: 'config',
    scenario: 'trackConfig All',
  },
  {
    name: 'an old revision cools down at once',
    file: 'src/core/run.ts',
    from: 'isoOf(world.nowMs + forMs)',
    to: 'isoOf(world.nowMs + 0 * forMs)',
    test: 'config',
    scenario: 'stays warm',
  },
];
