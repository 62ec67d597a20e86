export { type Change, Informer } from './informer.ts';
export { Informers } from './informers.ts';
export { after, again, done, type Outcome, Worker } from './worker.ts';
