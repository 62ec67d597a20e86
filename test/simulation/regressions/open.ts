import type { Regression } from './index.ts';

/** Plans that break a law today. Whoever mends one moves it to the regressions: its test here fails from then on. */
export const open: readonly Regression[] = [];
