export { type DecideFlags, decide } from './decide.ts';
export { gateText, type Wish } from './wish.ts';
