import { existsSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { VirtualClock } from '../../lib/index.ts';
import { openWorkshop } from './processes.ts';

const ignoresSigterm = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')";

test('a program that does not end when it is told to is ended, and the folder goes', async () => {
  const clock = new VirtualClock();
  const workshop = openWorkshop(clock);
  const running = workshop.start({ name: 'stubborn', args: ['-e', ignoresSigterm], env: {} });
  await vi.waitUntil(() => running.lastLines(1).includes('up'), { timeout: 60_000 });
  const closed = workshop.close();
  await clock.advance(4_000);
  expect(running.ending()).toBeUndefined();
  await clock.advance(2_000);
  await closed;
  expect(running.ending()).toBe('SIGKILL');
  expect(existsSync(workshop.folder)).toBe(false);
});

test('a program that ends by itself says how', async () => {
  const workshop = openWorkshop(new VirtualClock());
  const running = workshop.start({ name: 'short', args: ['-e', "console.log('one\\ntwo'); process.exit(3)"], env: {} });
  await vi.waitUntil(() => running.ending() !== undefined, { timeout: 60_000 });
  expect(running.ending()).toBe('exit code 3');
  expect(running.lastLines(1)).toEqual(['two']);
  await workshop.close();
});
