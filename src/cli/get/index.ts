export { type GetFlags, get } from './get.ts';
