import { afterEach, describe, expect, test, vi } from 'vitest';
import { runCli } from './program.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** What the program prints, and its exit code. */
async function run(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const written = { out: '', err: '' };
  const into = (name: keyof typeof written) => (text: string | Uint8Array) => {
    written[name] += String(text);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(into('out'));
  vi.spyOn(process.stderr, 'write').mockImplementation(into('err'));
  const code = await runCli(args);
  return { code, ...written };
}

describe('the version', () => {
  test.each(['version', '--version'])('%s prints it', async (arg) => {
    expect(await run(arg)).toEqual({ code: 0, out: 'sluice dev\n', err: '' });
  });
});
