import { fail, ok, type Result } from '../../lib/index.ts';
import type { Document } from './documents.ts';
import type { Settings } from './settings.ts';

/** The Rollout that is meant; where there are several, the one that is named. */
export function chooseRollout(
  documents: readonly Document[],
  { rollout, namespace }: Pick<Settings, 'rollout' | 'namespace'>,
): Result<Document, string> {
  const rollouts = documents.filter(({ kind, group }) => kind === 'Rollout' && group === 'sluice.dev');
  const foreign = documents.filter(({ kind, group }) => kind === 'Rollout' && group !== 'sluice.dev');
  const listed = rollouts.map((each) => `${each.namespace ?? namespace}/${each.name}`).join(', ');
  if (rollouts.length === 0) {
    const [other] = foreign;
    return fail(
      other === undefined
        ? `no Rollout is given${documents.length === 0 ? '' : ` among ${listedKinds(documents)}`}: name its file with -f`
        : `${other.where}: is a Rollout of ${other.group}, not of sluice.dev`,
    );
  }
  if (rollout === undefined) {
    const [only, ...others] = rollouts;
    return only !== undefined && others.length === 0
      ? ok(only)
      : fail(`several Rollouts are given: ${listed}; choose one with --rollout NAME`);
  }
  const matching = rollouts.filter((each) => each.name === rollout || `${each.namespace ?? namespace}/${each.name}` === rollout);
  const [only, ...others] = matching;
  if (only === undefined) return fail(`no Rollout is called ${rollout}; given: ${listed}`);
  return others.length === 0 ? ok(only) : fail(`several Rollouts are called ${rollout}: ${listed}; write NAMESPACE/NAME`);
}

/** Such as `Rolout web, Service web`: a kind that is misspelt is seen at once. */
const listedKinds = (documents: readonly Document[]): string => {
  const [shown, more] = [documents.slice(0, 5), documents.length - 5];
  return `${shown.map(({ kind, name }) => `${kind} ${name}`).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
};
