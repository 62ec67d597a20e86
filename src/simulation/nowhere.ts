import type { WebExchange } from '../metrics/index.ts';

/** The web of a simulation: nobody is there. A simulated release must not reach out into the world. */
export const nowhere: WebExchange = () => Promise.resolve({ kind: 'unreachable', message: 'a simulation has no network' });
