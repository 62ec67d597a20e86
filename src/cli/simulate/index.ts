export { type CommandSurroundings, runSimulate } from './command.ts';
export type { Flags } from './flags.ts';
