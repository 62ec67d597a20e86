import { join } from 'node:path';
import { type Generator, type LoadOptions, type LoadSpec, shapeOf } from './load-types.ts';
import { startProcess } from './process.ts';

let nextLoad = 0;

/** A process that sends real requests to `target`. */
export function startGenerator(runDir: string, name: string, target: string, options: LoadOptions): Generator {
  nextLoad += 1;
  const id = `load-${name}-${process.pid}-${nextLoad}-${Math.random().toString(36).slice(2, 7)}`;
  const file = join(runDir, `${id}.jsonl`);
  if (options.isMeshed === false) throw new Error('the bed has no way round its Envoy: clients outside the mesh are on the sandbox alone');
  const spec: LoadSpec = { ...shapeOf(options), target, file };
  const child = startProcess({
    name: id,
    command: process.execPath,
    args: [join(runDir, 'load-worker.cjs'), JSON.stringify(spec)],
    logDir: join(runDir, 'logs'),
    ipc: true,
  });
  return {
    file,
    isRunning: () => child.isRunning(),
    // It writes five times a second by itself.
    sync: async () => {},
    stop: async () => {
      if (child.isRunning()) child.child.send('stop');
      await child.ended;
    },
  };
}
