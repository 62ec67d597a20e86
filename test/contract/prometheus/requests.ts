// Requests beside those for queries, and for queries that go wrong before they are read: what the real server answered to each, over
// the series of the fixture `basic` and those after it.

const from = (seconds: number): string => String(1_767_225_600 + seconds);

const series = (name: string, ...labels: readonly Readonly<Record<string, string>>[]) =>
  labels.map((each) => ({ __name__: name, ...each }));
const pods = series(
  'pods',
  { pod: 'api-1', workload: 'api' },
  { pod: 'web-1', workload: 'web' },
  { pod: 'web-2', workload: 'web' },
  { pod: 'web-3', workload: 'web' },
);
const limits = series('limit', { workload: 'api' }, { workload: 'web' });

/** Path, status, and the data or the error's type and text. */
export const requests: readonly (readonly [string, number, unknown])[] = [
  ['/api/v1/series?match[]=pods', 200, pods],
  ['/api/v1/series?match[]=limit&match[]=pods{pod="api-1"}', 200, [...limits, ...pods.slice(0, 1)]],
  ['/api/v1/series?match[]=pods&match[]={__name__="pods",pod=~"web-.*"}', 200, pods],
  [`/api/v1/series?match[]=pods&start=${from(40)}&end=${from(41)}`, 200, pods],
  [`/api/v1/series?match[]=pods&start=${from(300)}&end=${from(400)}`, 200, []],
  [`/api/v1/series?match[]=once_total&start=${from(151)}`, 200, []],
  [`/api/v1/series?match[]=once_total&end=${from(149)}`, 200, []],
  [`/api/v1/series?match[]=once_total&start=${from(150)}&end=${from(150)}`, 200, series('once_total', {})],
  [`/api/v1/series?match[]=gone_total&start=${from(105)}`, 200, series('gone_total', {})],
  [`/api/v1/series?match[]=gone_total&start=${from(106)}`, 200, []],
  ['/api/v1/series?match[]=pods&start=5&end=1', 200, []],
  ['/api/v1/labels?match[]=pods', 200, ['__name__', 'pod', 'workload']],
  [`/api/v1/labels?match[]=pods&start=${from(300)}&end=${from(400)}`, 200, ['__name__', 'pod', 'workload']],
  ['/api/v1/labels?start=1&end=2', 200, []],
  ['/api/v1/label/workload/values?match[]=pods', 200, ['api', 'web']],
  ['/api/v1/label/workload/values', 200, ['api', 'web']],
  ['/api/v1/label/pod/values?start=1&end=5', 200, []],
  ['/api/v1/label/nope/values', 200, []],
  ['/api/v1/label/__name__/values?match[]={job="b"}', 200, ['hits_total', 'latency_bucket']],
  ['/api/v1/label/a-b/values', 400, 'bad_data: invalid label name: "a-b"'],
  ['/api/v1/series', 400, 'bad_data: no match[] parameter provided'],
  ['/api/v1/series?match[]={}', 400, 'bad_data: invalid parameter "match[]": match[] must contain at least one non-empty matcher'],
  ['/api/v1/series?match[]=pods[5m]', 400, 'bad_data: invalid parameter "match[]": 1:5: parse error: unexpected "["'],
  ['/api/v1/series?match[]=sum(pods)', 400, 'bad_data: invalid parameter "match[]": 1:4: parse error: unexpected "("'],
  ['/api/v1/labels?match[]=pods{', 400, 'bad_data: 1:6: parse error: unexpected end of input inside braces'],
  [
    '/api/v1/labels?start=x',
    400,
    `bad_data: invalid parameter "start": Invalid time value for 'start': cannot parse "x" to a valid timestamp`,
  ],
  ['/api/v1/query?query=1&time=1e3', 200, { resultType: 'scalar', result: [1_000, '1'] }],
  ['/api/v1/query?query=1&time=-1.5', 200, { resultType: 'scalar', result: [-1.5, '1'] }],
  ['/api/v1/query?query=1&time=.5', 200, { resultType: 'scalar', result: [0.5, '1'] }],
  ['/api/v1/query?query=time()&time=1767225600.2514', 200, { resultType: 'scalar', result: [1_767_225_600.251, '1767225600.251'] }],
  ['/api/v1/query?query=1&time=2026-01-01T00:00:00,5Z', 200, { resultType: 'scalar', result: [1_767_225_600.5, '1'] }],
  ['/api/v1/query?query=1&time=2026-01-01T01:00:00.25%2B01:00', 200, { resultType: 'scalar', result: [1_767_225_600.25, '1'] }],
  [
    '/api/v1/query?query=1&time=2026-01-01',
    400,
    `bad_data: invalid parameter "time": Invalid time value for 'time': cannot parse "2026-01-01" to a valid timestamp`,
  ],
  [
    '/api/v1/query?query=1&time=0x10',
    400,
    `bad_data: invalid parameter "time": Invalid time value for 'time': cannot parse "0x10" to a valid timestamp`,
  ],
  ['/api/v1/query?query=1&time=0&timeout=-5s', 400, 'bad_data: invalid parameter "timeout": cannot parse "-5s" to a valid duration'],
  ['/api/v1/query?query=sum(&timeout=x', 400, 'bad_data: invalid parameter "timeout": cannot parse "x" to a valid duration'],
  ['/api/v1/query?query=sum(&timeout=0', 400, 'bad_data: invalid parameter "query": 1:5: parse error: unclosed left parenthesis'],
  ['/api/v1/query?query=pods&timeout=0', 503, 'timeout: query timed out'],
  ['/api/v1/query?query=pods%2Bon()limit&timeout=0', 503, 'timeout: query timed out'],
  [
    '/api/v1/query_range?query=1&start=0&end=3&step=1s500ms',
    200,
    {
      resultType: 'matrix',
      result: [
        {
          metric: {},
          values: [
            [0, '1'],
            [1.5, '1'],
            [3, '1'],
          ],
        },
      ],
    },
  ],
  [
    '/api/v1/query_range?query=vector(1)&start=2026-01-01T00:00:00Z&end=2026-01-01T00:00:01Z&step=1',
    200,
    {
      resultType: 'matrix',
      result: [
        {
          metric: {},
          values: [
            [1_767_225_600, '1'],
            [1_767_225_601, '1'],
          ],
        },
      ],
    },
  ],
  ['/api/v1/query_range?query=1', 400, 'bad_data: invalid parameter "start": cannot parse "" to a valid timestamp'],
  ['/api/v1/query_range?query=1&start=0', 400, 'bad_data: invalid parameter "end": cannot parse "" to a valid timestamp'],
  ['/api/v1/query_range?query=1&start=0&end=1', 400, 'bad_data: invalid parameter "step": cannot parse "" to a valid duration'],
  ['/api/v1/query_range?query=1&start=0&end=1&step=1m1', 400, 'bad_data: invalid parameter "step": cannot parse "1m1" to a valid duration'],
  [
    '/api/v1/query_range?query=1&start=0&end=1&step=1e30',
    400,
    'bad_data: invalid parameter "step": cannot parse "1e30" to a valid duration. It overflows int64',
  ],
  ['/api/v1/query_range?query=1&start=0&end=1&step=0.0001', 422, 'execution: unexpected error: runtime error: integer divide by zero'],
];
