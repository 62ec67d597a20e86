import { describe, expect, it } from 'vitest';
import { seededRandom, VirtualClock } from '../../lib/index.ts';
import type { PortAnswer, Reply } from '../http-port.ts';
import { createPrometheusApi } from './api.ts';
import { labelsOf } from './labels.ts';
import { TimeSeriesStore } from './store.ts';

const startMs = Date.UTC(2026, 0, 1);

/** A server with two series of `up`, last scraped now. */
function aPrometheus() {
  const clock = new VirtualClock(startMs);
  const store = new TimeSeriesStore();
  for (const [job, value] of [
    ['a', 1],
    ['b', 0],
  ] as const) {
    for (let before = 4; before >= 0; before--) store.append(labelsOf({ __name__: 'up', job }), startMs - before * 15_000, value);
  }
  store.append(labelsOf({ __name__: 'old', job: 'a', zone: 'x' }), startMs - 3_600_000, 1);
  const api = createPrometheusApi({ store, clock, random: seededRandom(7) });
  const get = (url: string): PortAnswer => api.answer({ method: 'GET', url });
  const ask = (query: string, more = ''): PortAnswer => get(`/api/v1/query?query=${encodeURIComponent(query)}${more}`);
  return { ...api, clock, get, ask };
}

function replyOf(answer: PortAnswer): Reply {
  if (answer.kind !== 'reply') throw new Error(answer.kind);
  return answer;
}

const bodyOf = (answer: PortAnswer) => JSON.parse(replyOf(answer).body);
const dataOf = (answer: PortAnswer) => bodyOf(answer).data;

describe('the API of Prometheus', () => {
  it('answers an instant query with the time, the type and the numbers as text', () => {
    const answer = aPrometheus().ask('sum(up)');
    expect(answer).toMatchObject({ kind: 'reply', status: 200, afterMs: 0 });
    expect(replyOf(answer).headers).toEqual({ 'content-type': 'application/json', date: 'Thu, 01 Jan 2026 00:00:00 GMT' });
    expect(bodyOf(answer)).toEqual({
      status: 'success',
      data: { resultType: 'vector', result: [{ metric: {}, value: [startMs / 1_000, '1'] }] },
    });
  });

  it('takes its parameters from a form as from the address, the form first', () => {
    const { answer } = aPrometheus();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const post = (url: string, body: string, given: Record<string, string> = headers) =>
      dataOf(answer({ method: 'POST', url, headers: given, body }));
    expect(post('/api/v1/query?query=1', 'query=2').result[1]).toBe('2');
    expect(post('/api/v1/query?query=1', '').result[1]).toBe('1');
    expect(post('/api/v1/query?query=1', 'query=2', { 'content-type': 'application/json' }).result[1]).toBe('1');
    expect(post('/api/v1/query', `query=${encodeURIComponent('1 + 1')}&time=5.5`).result).toEqual([5.5, '2']);
  });

  it.each([
    [
      '/api/v1/query?query=up&time=x',
      400,
      'bad_data',
      `invalid parameter "time": Invalid time value for 'time': cannot parse "x" to a valid timestamp`,
    ],
    ['/api/v1/query?query=up&timeout=x', 400, 'bad_data', 'invalid parameter "timeout": cannot parse "x" to a valid duration'],
    ['/api/v1/query?query=up&timeout=0', 503, 'timeout', 'query timed out in query queue'],
    ['/api/v1/query', 400, 'bad_data', 'invalid parameter "query": 1:1: parse error: no expression found in input'],
    ['/api/v1/query?query=up%2Bon()up', 422, 'execution', /^found duplicate series for the match group \{\} on the right/],
    ['/api/v1/query_range?query=1', 400, 'bad_data', 'invalid parameter "start": cannot parse "" to a valid timestamp'],
    ['/api/v1/query_range?query=sum(&start=0&end=1&step=1', 400, 'bad_data', '1:5: parse error: unclosed left parenthesis'],
    ['/api/v1/query_range?query=1&start=0&end=1&step=1&timeout=-1', 503, 'timeout', 'query timed out in query queue'],
    ['/api/v1/series', 400, 'bad_data', 'no match[] parameter provided'],
    ['/api/v1/series?match[]=up{', 400, 'bad_data', 'invalid parameter "match[]": 1:4: parse error: unexpected end of input inside braces'],
    ['/api/v1/series?match[]={}', 400, 'bad_data', 'invalid parameter "match[]": match[] must contain at least one non-empty matcher'],
    ['/api/v1/labels?match[]=up{', 400, 'bad_data', '1:4: parse error: unexpected end of input inside braces'],
    ['/api/v1/label/a-b/values', 400, 'bad_data', 'invalid label name: "a-b"'],
  ])('refuses %s by %i', (url, status, errorType, error) => {
    const answer = aPrometheus().get(url);
    expect(replyOf(answer).status).toBe(status);
    expect(bodyOf(answer)).toEqual({
      status: 'error',
      errorType,
      error: typeof error === 'string' ? error : expect.stringMatching(error),
    });
  });

  it('refuses a query that would load too much', () => {
    const store = new TimeSeriesStore();
    for (let at = 0; at < 100; at++) store.append(labelsOf({ __name__: 'up' }), startMs + at, 1);
    const { answer } = createPrometheusApi({
      store,
      clock: new VirtualClock(startMs),
      random: seededRandom(1),
      limits: { mostSamples: 50 },
    });
    const reply = answer({ method: 'GET', url: `/api/v1/query?query=sum_over_time(up[1m])&time=${startMs / 1_000 + 1}` });
    expect(bodyOf(reply)).toMatchObject({ errorType: 'execution', error: expect.stringContaining('too many samples') });
  });

  it('lists series, labels and values, of a time if it is given', () => {
    const { get } = aPrometheus();
    expect(dataOf(get('/api/v1/series?match[]=up&match[]={job="b"}'))).toEqual([
      { __name__: 'up', job: 'a' },
      { __name__: 'up', job: 'b' },
    ]);
    expect(dataOf(get('/api/v1/labels'))).toEqual(['__name__', 'job', 'zone']);
    expect(dataOf(get(`/api/v1/series?match[]={job="a"}&start=${startMs / 1_000 - 60}`))).toEqual([{ __name__: 'up', job: 'a' }]);
    expect(dataOf(get('/api/v1/labels?end=5'))).toEqual([]);
    expect(dataOf(get('/api/v1/labels?match[]=old'))).toEqual(['__name__', 'job', 'zone']);
    expect(dataOf(get('/api/v1/label/job/values'))).toEqual(['a', 'b']);
    expect(dataOf(get('/api/v1/label/job/values?match[]=old&end=2026-01-01T00:00:00Z'))).toEqual(['a']);
    expect(dataOf(get('/api/v1/label/none/values'))).toEqual([]);
  });

  it('says that it is there, and what it is', () => {
    const { get, answer } = aPrometheus();
    expect(replyOf(get('/-/ready'))).toMatchObject({ status: 200, body: 'Prometheus Server is Ready.\n' });
    expect(replyOf(get('/-/healthy')).status).toBe(200);
    expect(dataOf(get('/api/v1/status/buildinfo'))).toMatchObject({ version: '2.42.0' });
    expect(replyOf(get('/api/v1/nothing'))).toMatchObject({ status: 404, body: '404 page not found\n' });
    expect(replyOf(answer({ method: 'DELETE', url: '/api/v1/query' })).status).toBe(405);
    expect(replyOf(get('/api/v1/label/%zz/values')).status).toBe(400);
  });
});

describe('the faults of Prometheus', () => {
  it('refuses connections, or takes them and says nothing', () => {
    const { faults, ask } = aPrometheus();
    const end = faults.add({ kind: 'down' });
    expect(ask('up')).toEqual({ kind: 'refused' });
    end();
    faults.add({ kind: 'silent' });
    expect(ask('up')).toEqual({ kind: 'silence' });
    faults.clear();
    expect(replyOf(ask('up')).status).toBe(200);
  });

  it('answers any status, as a proxy before it would', () => {
    const { faults, ask } = aPrometheus();
    faults.add({ kind: 'status', status: 429, retryAfter: '30' });
    expect(replyOf(ask('up'))).toMatchObject({ status: 429, headers: { 'retry-after': '30' }, body: 'upstream connect error' });
  });

  it('is slow: the answer comes late, and is a timeout where the question allowed less', () => {
    const { faults, ask } = aPrometheus();
    faults.add({ kind: 'slow', delayMs: 30_000 });
    expect(replyOf(ask('up'))).toMatchObject({ status: 200, afterMs: 30_000 });
    const late = ask('up', '&timeout=10s');
    expect(replyOf(late)).toMatchObject({ status: 503, afterMs: 10_000 });
    expect(bodyOf(late)).toMatchObject({ status: 'error', errorType: 'timeout' });
    expect(replyOf(ask('up', '&timeout=1m'))).toMatchObject({ status: 200, afterMs: 30_000 });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('tells %f for every number', (value) => {
    const { faults, ask, get } = aPrometheus();
    faults.add({ kind: 'value', next: () => value });
    const shown = { NaN: 'NaN', Infinity: '+Inf', '-Infinity': '-Inf' }[String(value)];
    expect(dataOf(ask('up')).result.map((row: { value: unknown[] }) => row.value[1])).toEqual([shown, shown]);
    expect(dataOf(ask('scalar(sum(up))')).result[1]).toBe(shown);
    expect(dataOf(ask('up{job="a"}[15s]')).result[0].values.map((pair: unknown[]) => pair[1])).toEqual([shown, shown]);
    const range = get(`/api/v1/query_range?query=sum(up)&start=${startMs / 1_000 - 15}&end=${startMs / 1_000}&step=15`);
    expect(dataOf(range).result[0].values.map((pair: unknown[]) => pair[1])).toEqual([shown, shown]);
  });

  it('flaps: each question gets the next number', () => {
    const { faults, ask } = aPrometheus();
    let asked = 0;
    faults.add({ kind: 'value', next: () => (asked++ % 2 === 0 ? 0.99 : 0.9899) });
    expect([1, 2, 3].map(() => dataOf(ask('sum(up)')).result[0].value[1])).toEqual(['0.99', '0.9899', '0.99']);
  });

  it('finds nothing, or everything twice', () => {
    const { faults, ask } = aPrometheus();
    const end = faults.add({ kind: 'empty' });
    expect(dataOf(ask('sum(up)'))).toEqual({ resultType: 'vector', result: [] });
    end();
    faults.add({ kind: 'twoSeries' });
    expect(dataOf(ask('sum(up)')).result.map((row: { metric: unknown }) => row.metric)).toEqual([{ replica: 'a' }, { replica: 'b' }]);
  });

  it.each([
    ['string', { resultType: 'string', result: [startMs / 1_000, '1'] }],
    ['scalar', { resultType: 'scalar', result: [startMs / 1_000, '1'] }],
    ['matrix', { resultType: 'matrix', result: [{ metric: {}, values: [[startMs / 1_000, '1']] }] }],
    ['histogram', { resultType: 'vector', result: [{ metric: {}, histogram: [startMs / 1_000, expect.anything()] }] }],
  ] as const)('answers by a %s', (type, data) => {
    const { faults, ask } = aPrometheus();
    faults.add({ kind: 'type', type });
    expect(dataOf(ask('sum(up)'))).toEqual(data);
  });

  it('adds warnings and infos', () => {
    const { faults, ask } = aPrometheus();
    faults.add({ kind: 'notes', warnings: ['remote storage: slow'], infos: ['metric might not be a counter'] });
    expect(bodyOf(ask('sum(up)'))).toMatchObject({
      status: 'success',
      warnings: ['remote storage: slow'],
      infos: ['metric might not be a counter'],
    });
  });

  it('answers out of a cache: as it was then, with the time of then', () => {
    const { faults, ask } = aPrometheus();
    faults.add({ kind: 'old', ageMs: 600_000 });
    expect(dataOf(ask('time()')).result).toEqual([startMs / 1_000 - 600, String(startMs / 1_000 - 600)]);
    expect(dataOf(ask('up')).result).toEqual([]);
  });

  it('sends what is no JSON, half of an answer, and more than anyone reads', () => {
    const { faults, ask } = aPrometheus();
    const whole = replyOf(ask('up')).body;
    const ends = [faults.add({ kind: 'truncated' })];
    expect(replyOf(ask('up'))).toMatchObject({ body: whole, brokenAfterBytes: whole.length >> 1 });
    ends.push(faults.add({ kind: 'garbage' }));
    expect(() => JSON.parse(replyOf(ask('up')).body)).toThrow(SyntaxError);
    for (const end of ends) end();
    faults.add({ kind: 'huge', bytes: 300_000 });
    expect(replyOf(ask('up')).body.length).toBeGreaterThan(300_000);
    expect(dataOf(ask('up')).result).toHaveLength(2);
  });

  it('strikes some questions, or now and then, the same for the same seed', () => {
    const story = () => {
      const { faults, ask } = aPrometheus();
      faults.add({ kind: 'down' }, { chance: 0.5, strikes: (query) => query.includes('job') });
      return Array.from({ length: 40 }, (_, at) => ask(at % 2 === 0 ? 'up{job="a"}' : 'up').kind);
    };
    const kinds = story();
    expect(kinds.filter((kind, at) => at % 2 === 1 && kind === 'refused')).toEqual([]);
    expect(kinds.filter((kind) => kind === 'refused').length).toBeGreaterThan(4);
    expect(kinds.filter((kind) => kind === 'refused').length).toBeLessThan(16);
    expect(story()).toEqual(kinds);
  });
});
