import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../lib/clock.ts';
import { ServerLanes } from './lanes.ts';
import { Parties } from './parties.ts';

interface Trip {
  readonly members: readonly string[];
  readonly signal: AbortSignal;
  readonly answer: (answers: readonly string[] | undefined) => void;
  readonly breakDown: (error: Error) => void;
}

function aBed({ most = 3, places = 8 } = {}) {
  const clock = new VirtualClock();
  const parties = new Parties<string, string>({ clock, lanes: new ServerLanes(clock, () => places), gapMs: 250, most });
  const trips: Trip[] = [];
  const alone: string[] = [];
  const sent: (readonly [string, number])[] = [];
  const startMs = clock.monotonicMs();
  const join = (member: string, { signal = new AbortController().signal, party = 'p' } = {}) =>
    parties.join(
      {
        ...{ party, member, server: 's', timeoutMs: 10_000, failure: (message) => `failed: ${message}` },
        sendAll: (members, tripSignal) =>
          new Promise((answer, breakDown) => trips.push({ members, signal: tripSignal, answer, breakDown })),
        alone: async () => {
          alone.push(member);
          return `${member} alone`;
        },
        sent: (atMs) => void sent.push([member, atMs - startMs]),
      },
      signal,
    );
  const members = () => trips.map((trip) => trip.members.join(''));
  return { clock, parties, trips, alone, sent, join, members };
}

describe('questions of one party', () => {
  it('that are asked in one turn leave at once, in one request, and each gets its own answer', async () => {
    const { clock, trips, sent, join } = aBed();
    const answers = Promise.all([join('a'), join('b')]);
    await clock.advance(0);
    expect(trips.map(({ members }) => members)).toEqual([['a', 'b']]);
    expect(sent).toEqual([
      ['a', 0],
      ['b', 0],
    ]);
    trips[0]?.answer(['A', 'B']);
    expect(await answers).toEqual(['A', 'B']);
  });

  it('wait for each other only when somebody has just left', async () => {
    const { clock, alone, join, members } = aBed();
    expect(await join('a')).toBe('a alone');
    await clock.advance(100);
    void join('b');
    await clock.advance(100);
    void join('c');
    await clock.advance(49);
    expect(members()).toEqual([]);
    await clock.advance(1);
    expect(members()).toEqual(['bc']);
    await clock.advance(1_000);
    expect(await join('d')).toBe('d alone');
    expect(alone).toEqual(['a', 'd']);
  });

  it('are so many a request, and as many requests as that takes', async () => {
    const { clock, join, members } = aBed({ most: 3 });
    for (const member of 'abcdefg') void join(member);
    await clock.advance(0);
    expect(members()).toEqual(['abc', 'def']);
  });

  it('that fail together are asked apart, fewer go together then, and one more each time that it goes well', async () => {
    const { clock, trips, join, members } = aBed({ most: 4 });
    const first = Promise.all([...'abcd'].map((member) => join(member)));
    await clock.advance(0);
    trips[0]?.answer(undefined);
    expect(await first).toEqual(['a alone', 'b alone', 'c alone', 'd alone']);
    await clock.advance(10_000);
    for (const member of 'efgh') void join(member);
    await clock.advance(0);
    expect(members()).toEqual(['abcd', 'ef', 'gh']);
    trips[1]?.answer(['', '']);
    trips[2]?.answer(['', '']);
    await clock.advance(10_000);
    for (const member of 'ijkl') void join(member);
    await clock.advance(0);
    expect(members().slice(3)).toEqual(['ijkl']);
  });

  it('go in pairs through an outage, and together again after it', async () => {
    const { clock, trips, join } = aBed({ most: 8 });
    const rush = async (answers: (members: readonly string[]) => readonly string[] | undefined) => {
      const before = trips.length;
      for (const member of 'abcdefgh') void join(member);
      await clock.advance(0);
      const found = trips.slice(before);
      for (const { members, answer } of found) answer(answers(members));
      await clock.advance(10_000);
      return found.map(({ members }) => members.length);
    };
    const down = () => undefined;
    const up = (members: readonly string[]) => members;
    expect([await rush(down), await rush(down), await rush(down), await rush(down)]).toEqual([[8], [4, 4], [2, 2, 2, 2], [2, 2, 2, 2]]);
    expect([await rush(up), await rush(up), await rush(up)]).toEqual([[2, 2, 2, 2], [6, 2], [8]]);
  });

  it('of another party do not travel along', async () => {
    const { clock, alone, join, members } = aBed();
    void join('a', { party: 'p' });
    void join('b', { party: 'q' });
    await clock.advance(0);
    expect([members(), alone]).toEqual([[], ['a', 'b']]);
  });

  it('take one place at the server, and fail where there is none in time', async () => {
    const { clock, trips, join, members } = aBed({ places: 1, most: 2 });
    const answers = [...'abcd'].map((member) => join(member));
    await clock.advance(0);
    expect(members()).toEqual(['ab']);
    await clock.advance(10_000);
    expect(await Promise.all(answers.slice(2))).toEqual([
      'failed: waited too long for other questions to s',
      'failed: waited too long for other questions to s',
    ]);
    trips[0]?.answer(['A', 'B']);
    expect(await Promise.all(answers.slice(0, 2))).toEqual(['A', 'B']);
  });

  it('whom one leaves go on without it, and are aborted once all have left', async () => {
    const { clock, trips, join } = aBed();
    const [one, two, late] = [new AbortController(), new AbortController(), new AbortController()];
    void join('a', one);
    void join('b', two);
    await clock.advance(0);
    one.abort();
    expect(trips[0]?.signal.aborted).toBe(false);
    two.abort();
    expect(trips[0]?.signal.aborted).toBe(true);
    const withdrawn = join('c', late);
    late.abort();
    await clock.advance(250);
    expect(await withdrawn).toBe('failed: the question was withdrawn');
    expect(trips).toHaveLength(1);
  });

  it('end at the deadline', async () => {
    const { clock, trips, join } = aBed();
    void join('a');
    void join('b');
    await clock.advance(9_999);
    expect(trips[0]?.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(trips[0]?.signal.aborted).toBe(true);
  });

  it('whose sender breaks all hear of it, and nothing is left of a party that went well', async () => {
    const { clock, parties, trips, join } = aBed();
    const answers = Promise.allSettled([join('a'), join('b')]);
    await clock.advance(0);
    trips[0]?.breakDown(new Error('bug'));
    expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(parties.size).toBe(1);
    await clock.advance(250);
    expect(parties.size).toBe(0);
  });
});
