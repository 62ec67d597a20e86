import type { Law } from '../play/run.ts';
import { comesToRest } from './rest.ts';
import { wholeWeights } from './weights.ts';

/** The registry of laws, in the order of facts/reliability.md 1.6 and 1.7. */
export const laws: readonly Law[] = [wholeWeights, comesToRest];
