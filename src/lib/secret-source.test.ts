import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { SecretReader, VirtualClock } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-secrets.'));
afterAll(() => rmSync(folder, { recursive: true }));

const [first, second] = [join(folder, 'first'), join(folder, 'second')];

const reveal = async (reader: SecretReader, files: readonly string[], variables: readonly string[] = []) => {
  const read = await reader.of({ files, variables });
  return read.ok ? read.value.map((secret) => secret.reveal()) : read.failure;
};

test('secrets of files and variables, without the line end that editors leave; a changed file is seen after five seconds', async () => {
  const clock = new VirtualClock();
  const reader = new SecretReader(clock, { TOKEN: 'three' });
  writeFileSync(first, 'one\n');
  writeFileSync(second, 'two');
  expect(await reveal(reader, [first, second], ['TOKEN'])).toEqual(['one', 'two', 'three']);
  writeFileSync(first, 'other');
  expect(await reveal(reader, [first])).toEqual(['one']);
  await clock.advance(5_000);
  expect(await reveal(reader, [first])).toEqual(['other']);
});

test('one of two that is missing leaves the other; none is a failure that names places and no content', async () => {
  const reader = new SecretReader(new VirtualClock(), { EMPTY: ' ' });
  writeFileSync(second, 'two');
  const missing = join(folder, 'missing');
  expect(await reveal(reader, [missing, second])).toEqual(['two']);
  expect(await reveal(reader, [missing], ['EMPTY', 'UNSET'])).toBe(`${missing}: ENOENT; EMPTY: is empty; UNSET: is not set`);
});
