import { expect, test } from 'vitest';
import { seededRandom } from '../../lib/index.ts';
import { aHookApp, startMs } from './testing/app.ts';
import { bots, malformed } from './testing/malformed.ts';

/** A few of those that `npm run bench:hooks` sends by the hundred thousand. */
const count = 400;

test.each(Object.entries(bots))('%s: whatever is malformed is refused as the sender’s fault, and decides nothing', async (name, bot) => {
  const { post, asked, lines, app } = aHookApp();
  const random = seededRandom(name.length * 7919);
  const strange: unknown[] = [];
  for (let index = 0; index < count; index += 1) {
    const { kind, request } = malformed(bot, random, startMs);
    const { status, text } = await post(request);
    if (status < 400 || status >= 500) strange.push([index, kind, status, text, request.body.toString().slice(0, 300)]);
  }
  await app.close();
  expect(strange).toEqual([]);
  expect(asked).toEqual([]);
  expect(lines.filter((line) => line.includes('failed'))).toEqual([]);
  expect(Object.keys(Object.prototype)).toEqual([]);
});
