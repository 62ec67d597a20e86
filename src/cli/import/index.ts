export { type ImportFlags, importFiles } from './import.ts';
