// The wall clock of a program under test, which its scenario sets: NTP after a boot, a hand, a machine whose battery is empty.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ControllerOptions, Replica } from './controller.ts';
import type { BedInfo } from './layout.ts';
import { waitFor } from './wait.ts';

export interface WallClock {
  /** What the controller has to be started with. */
  readonly env: NonNullable<ControllerOptions['env']>;
  /** From now on it is ahead of the true time by so much (behind: negative), also of a process that starts later. */
  set(aheadMs: number): void;
  /** The same, and the program has it. */
  jump(replica: Replica, aheadMs: number): Promise<void>;
}

export function wallClock({ runDir, repository }: BedInfo, name: string): WallClock {
  const dir = join(runDir, 'clocks');
  const file = join(dir, name);
  const preload = pathToFileURL(join(repository, 'test/cluster/kit/wall-clock.mjs')).href;
  const set = (aheadMs: number) => {
    mkdirSync(dir, { recursive: true });
    writeFileSync(`${file}.new`, String(aheadMs));
    // Never to be read half-written.
    renameSync(`${file}.new`, file);
  };
  set(0);
  return {
    env: { NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import=${preload}`.trim(), SLUICE_BED_CLOCK: file },
    set,
    jump: async (replica, aheadMs) => {
      set(aheadMs);
      await waitFor(`${replica.identity} to be ${aheadMs} ms ahead`, () =>
        replica
          .log()
          .trimEnd()
          .split('\n')
          .findLast((line) => line.startsWith('the wall clock is'))
          ?.includes(` ${aheadMs} ms `),
      );
    },
  };
}
