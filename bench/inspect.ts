// Asks a running Node process for its heap after a full collection, by the inspector that SIGUSR1 opens.
import { WebSocket } from 'undici';
import { waitFor } from '../test/cluster/kit/wait.ts';

interface Target {
  readonly webSocketDebuggerUrl: string;
}

/** Bytes of live objects. */
export async function liveHeapOf(pid: number, inspectPort: number): Promise<number> {
  process.kill(pid, 'SIGUSR1');
  const [target] = await waitFor('the inspector', async () => {
    const response = await fetch(`http://127.0.0.1:${inspectPort}/json/list`);
    return (await response.json()) as readonly Target[];
  });
  const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '');
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', reject, { once: true });
  });
  let id = 0;
  const call = (method: string): Promise<{ readonly usedSize?: number }> => {
    id += 1;
    const own = id;
    return new Promise((resolve) => {
      const hear = ({ data }: { readonly data: unknown }) => {
        const answer = JSON.parse(String(data)) as { readonly id?: number; readonly result?: { readonly usedSize?: number } };
        if (answer.id !== own) return;
        socket.removeEventListener('message', hear);
        resolve(answer.result ?? {});
      };
      socket.addEventListener('message', hear);
      socket.send(JSON.stringify({ id: own, method }));
    });
  };
  await call('HeapProfiler.enable');
  await call('HeapProfiler.collectGarbage');
  await call('HeapProfiler.collectGarbage');
  const { usedSize = Number.NaN } = await call('Runtime.getHeapUsage');
  socket.close();
  return usedSize;
}
