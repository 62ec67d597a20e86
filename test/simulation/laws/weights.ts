import type { Law } from '../play/run.ts';

interface SplitSeen {
  readonly spec?: { readonly backends?: readonly { readonly service: string; readonly weight?: number }[] };
}

export const wholeWeights: Law = {
  id: 'I2',
  text: 'Weights are whole numbers from 0, and their sum is 100, in every stored version of a split that the controller wrote.',
  watch: () => ({
    onCommit({ object, type, by }) {
      if (object.kind !== 'TrafficSplit' || type === 'DELETED' || by === undefined) return undefined;
      const weights = ((object as unknown as SplitSeen).spec?.backends ?? []).map(({ weight }) => weight ?? 0);
      const isWhole = weights.every((weight) => Number.isInteger(weight) && weight >= 0);
      return isWhole && weights.reduce((sum, weight) => sum + weight, 0) === 100 ? undefined : `weights ${weights.join(' and ')}`;
    },
  }),
};
