export { exitCodes, type StatusFlags, status } from './status.ts';
