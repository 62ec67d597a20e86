// npm run demo: builds the program as it is shipped, and runs its `demo` in this process, so that a signal reaches it whoever sends it.
import { stop } from 'esbuild';

if (process.stdout.isTTY) process.stdout.write('building the program (npm run build) ...');
await import('./build.mjs');
if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
await stop();
const program = new URL('../dist/sluice.js', import.meta.url);
process.argv.splice(1, 1, program.pathname, 'demo');
await import(program.href);
