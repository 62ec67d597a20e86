import { endingOf } from '../play/ending.ts';
import type { Law } from '../play/run.ts';
import { endsAs, rolloutOf } from '../play/settled.ts';

export const comesToRest: Law = {
  id: 'L1',
  text: 'Once nothing changes any more it ends as it must, and then nothing is written but leases.',
  watch(run) {
    let restedAt = 0;
    return {
      onRest() {
        restedAt = run.commits.length;
        const ending = endingOf(run);
        if (endsAs(run, ending)) return undefined;
        const { phase, message } = rolloutOf(run)?.status ?? {};
        return `it ends ${phase ?? 'without a phase'} (${message ?? ''}), not ${ending.phases.join(' or ')}`;
      },
      atEnd() {
        const late = run.commits.slice(restedAt).find(({ by, object }) => by !== undefined && object.kind !== 'Lease');
        return late === undefined ? undefined : `at rest, ${late.by?.replica.identity} writes ${late.object.kind} ${late.key}`;
      },
    };
  },
};
