import type { Random } from '../../lib/index.ts';
import { web } from './app.ts';

/** One request that is not as the API has it, of as many kinds as there are ways to get it wrong. */
export interface Malformed {
  readonly kind: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload?: string | Buffer;
}

const good = JSON.stringify({ revision: 'bbbb', attempt: 2, reason: 'looks good' });
const json = { authorization: 'Bearer alice', 'content-type': 'application/json' };
const approve = `${web}/gates/qa/approve`;

type Make = (dice: Dice) => Omit<Malformed, 'kind'>;

/** Whole numbers below a bound, bytes and choices from one source of chance. */
class Dice {
  readonly #random: Random;
  constructor(random: Random) {
    this.#random = random;
  }
  below(bound: number): number {
    return Math.floor(this.#random.next() * bound);
  }
  of<T>(...choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }
  bytes(most: number): Buffer {
    return Buffer.from(Array.from({ length: 1 + this.below(most) }, () => this.below(256)));
  }
  text(most: number): string {
    return Array.from({ length: 1 + this.below(most) }, () => String.fromCharCode(33 + this.below(94))).join('');
  }
}

const body = (payload: string | Buffer, headers: Readonly<Record<string, string>> = json): Omit<Malformed, 'kind'> => ({
  ...{ method: 'POST', url: approve, headers, payload },
});

const kinds: Readonly<Record<string, Make>> = {
  noise: (dice) => body(dice.bytes(400)),
  /** One byte of a good body that makes it none: braces, quotes and colons are those. */
  broken: (dice) => {
    const at = dice.of(0, 1, good.length - 1, good.indexOf(':'), good.indexOf('attempt') - 1);
    return body(good.slice(0, at) + dice.of('', '\u0000', '\\', '\u007f') + good.slice(at + 1));
  },
  cut: (dice) => body(good.slice(0, dice.below(good.length))),
  types: (dice) => {
    const wrong = [null, true, [], {}, -1, 1e99, 0.5, '', 'x'.repeat(64), ['bbbb'], { $ne: 1 }];
    const value = wrong[dice.below(wrong.length)];
    const member = dice.of('revision', 'attempt');
    return body(JSON.stringify({ revision: 'bbbb', attempt: 2, [member]: member === 'attempt' && value === true ? 'true' : value }));
  },
  stranger: (dice) =>
    body(
      JSON.stringify({
        revision: 'bbbb',
        attempt: 2,
        [dice.of('subject', 'channel', 'action', 'gate', 'constructor', 'toString', dice.text(20))]: 1,
      }),
    ),
  polluting: (dice) => body(`{"revision":"bbbb","attempt":2,"${dice.of('__proto__', '\\u005f_proto__')}":{"x":${dice.below(9)}}}`),
  twice: (dice) =>
    body(`{"revision":"bbbb","attempt":2,"${dice.of('revision', 'attempt', '\\u0072evision')}":${dice.of('1', '"x"', '"bbbb"')}}`),
  deep: (dice) => {
    const depth = 17 + dice.below(20_000);
    return body(dice.of(`${'['.repeat(depth)}${']'.repeat(depth)}`, `{"revision":${'{"a":'.repeat(depth / 4)}1${'}'.repeat(depth / 4)}}`));
  },
  long: (dice) => body(JSON.stringify({ revision: 'bbbb', attempt: 2, reason: 'x'.repeat(2_049 + dice.below(80_000)) })),
  type: (dice) =>
    body(good, {
      ...json,
      'content-type': dice.of(
        'text/plain',
        'application/json ;x',
        'application/JSON;;',
        'application/x-yaml',
        `application/json; ${dice.text(9)}`,
        dice.text(30),
      ),
    }),
  encoding: (dice) => body(dice.bytes(100), { ...json, 'content-encoding': dice.of('gzip', 'br', 'deflate', 'x') }),
  token: (dice) =>
    body(good, {
      ...json,
      authorization: dice.of(
        '',
        'Bearer',
        `Basic ${dice.text(20)}`,
        `Bearer ${dice.text(9)} ${dice.text(9)}`,
        `Bearer ${'x'.repeat(8_193)}`,
      ),
    }),
  key: (dice) => body(good, { ...json, 'idempotency-key': dice.of('', 'a b', 'x'.repeat(256), `${dice.text(5)} ${dice.text(5)}`) }),
  method: (dice) => ({ method: dice.of('PUT', 'DELETE', 'PATCH'), url: approve, headers: json, payload: good }),
  name: (dice) => {
    const odd = encodeURIComponent(dice.of('..', '.', 'A', '-a', 'a/b', 'a\u0000', 'ü', `a${dice.text(9)}!`, 'x'.repeat(300)));
    return {
      method: 'POST',
      url: dice.of(`${web.replace('/web', `/${odd}`)}/abort`, `${web.replace('shop', odd)}/abort`, `${web}/gates/${odd}/approve`),
      headers: json,
      payload: good,
    };
  },
  path: (dice) => ({
    method: 'GET',
    url: `/${dice.of('%', '%zz', '%2e%2e/', 'api/v2/', 'API/', `x${encodeURIComponent(dice.text(30))}`)}`,
    headers: json,
  }),
  query: (dice) => ({
    ...{ method: 'GET', headers: json },
    url: `/api/v1/rollouts?${dice.of('limit=-1', 'limit=1e3', 'limit=501', 'continue=!', 'namespace=..', 'filter=a&filter=b', `x${encodeURIComponent(dice.text(20))}=1`, '__proto__[x]=1')}`,
  }),
};

export const malformedKinds = Object.keys(kinds);

/** The same for the same seed. */
export function* malformedRequests(random: Random, count: number): Generator<Malformed> {
  const dice = new Dice(random);
  const makers = Object.entries(kinds);
  for (let index = 0; index < count; index++) {
    const [kind, make] = makers[index % makers.length] ?? ['', () => body('')];
    yield { kind, ...make(dice) };
  }
}
