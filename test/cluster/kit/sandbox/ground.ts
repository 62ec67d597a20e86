import { control } from '../child.ts';
import type { Ground } from '../ground.ts';
import type { BedInfo } from '../layout.ts';
import { shapeOf } from '../load-types.ts';

/** The sandbox has its own clients; its process (server.ts) does as it is told. */
export function sandboxGround({ controlUrl, meshUrl }: BedInfo): Ground {
  return {
    takes: ({ namespace, service }) => control<boolean>(meshUrl, 'takes', { namespace, service }),
    async generate({ namespace, service }, options) {
      const { id, file } = await control<{ id: string; file: string }>(controlUrl, 'load/start', {
        ...{ namespace, service },
        ...shapeOf(options),
      });
      let isRunning = true;
      const ask = async (route: string) => {
        isRunning = await control<boolean>(controlUrl, route, { id });
      };
      return { file, isRunning: () => isRunning, sync: () => ask('load/sync'), stop: () => ask('load/stop') };
    },
  };
}
