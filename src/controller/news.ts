import type { Change } from '../kube/index.ts';
import type { Notifier, Observed, Series } from '../notify/index.ts';
import type { RolloutRecord } from './records.ts';
import type { RunRecord } from './run-records.ts';

export type Notifying = Pick<Notifier, 'observe' | 'forget' | 'run' | 'useEvidence'>;

/** Passes on how a Rollout changed; the notifier takes a note and returns. */
export function noteChange(notifier: Notifying | undefined, { before, after }: Change<RolloutRecord>): void {
  if (notifier === undefined) return;
  if (before !== undefined && before.uid !== after?.uid) notifier.forget(before.uid);
  if (after?.decoded.ok !== true) return;
  const { namespace, name, uid, status } = after.decoded.value;
  notifier.observe({ namespace, name, uid, status });
}

/** What the failed metrics of a release measured. */
export function evidenceFrom(runs: { get(key: string): RunRecord | undefined }): (observed: Observed) => readonly Series[] {
  return ({ namespace, status }) =>
    (status.analysis ?? [])
      .filter(({ phase }) => phase === 'Failed' || phase === 'Error')
      .flatMap(({ run }) => {
        const decoded = runs.get(`${namespace}/${run}`)?.decoded;
        return decoded?.ok === true ? decoded.value.status.metricResults : [];
      })
      .filter(({ phase, dryRun }) => (phase === 'Failed' || phase === 'Error') && !dryRun)
      .map(({ name, measurements }) => ({ metric: name, values: measurements.map(({ value }) => Number(value ?? Number.NaN)) }));
}
