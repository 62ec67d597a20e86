export { type DecideFlags, decide } from './decide.ts';
export type { Wish } from './wish.ts';
