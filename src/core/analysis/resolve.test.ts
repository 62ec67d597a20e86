import { describe, expect, test } from 'vitest';
import { encodeRunSpec } from './encode.ts';
import { problemText } from './problem.ts';
import { mergeTemplates } from './resolve.ts';
import { analysisRunSpecSchema } from './run.ts';
import { analysisRunName, identityOfName } from './run-name.ts';
import type { AnalysisTemplate } from './template.ts';
import { analysisTemplateSpecSchema } from './template.ts';
import type { WireArgs, WireMetric } from './testing/builders.ts';
import { aRun, aWireMetric } from './testing/builders.ts';

const template = (name: string, metrics: readonly Partial<WireMetric>[], args: WireArgs = []): AnalysisTemplate => ({
  name,
  spec: analysisTemplateSpecSchema.parse({ metrics: metrics.map((metric) => aWireMetric(metric)), args }),
});
const asking = (query: string, over: Partial<WireMetric> = {}): Partial<WireMetric> => ({ ...over, provider: { prometheus: { query } } });
const problems = (templates: readonly AnalysisTemplate[], given: readonly { name: string; value: string }[] = []): readonly string[] => {
  const merged = mergeTemplates(templates, given);
  return merged.ok ? [] : merged.failure.map(problemText);
};

describe('mergeTemplates', () => {
  test('takes the metrics in order, and arguments from the template or from the Rollout', () => {
    const merged = mergeTemplates(
      [template('a', [asking('up{p="{{args.path}}"}', { name: 'x' })], [{ name: 'path', value: '/' }]), template('b', [{ name: 'y' }])],
      [{ name: 'path', value: '/health' }],
    );
    expect(merged).toMatchObject({
      ok: true,
      value: { metrics: [{ name: 'x' }, { name: 'y' }], args: [{ name: 'path', value: '/health' }] },
    });
  });
  test('keeps a default that nobody overrides, and Secrets by reference', () => {
    const secret = { name: 'token', valueFrom: { secretKeyRef: { name: 'prom', key: 'token' } } };
    expect(mergeTemplates([template('a', [{}], [{ name: 'path', value: '/' }, secret])], [])).toMatchObject({
      ok: true,
      value: { args: [{ name: 'path', value: '/' }, secret] },
    });
  });

  const secretArg = { name: 'token', valueFrom: { secretKeyRef: { name: 'p', key: 'k' } } };
  const refused: readonly [string, readonly AnalysisTemplate[], readonly { name: string; value: string }[], string][] = [
    ['metrics of one name', [template('a', [{}]), template('b', [{}])], [], 'b.metrics[0].name: metric "m" is in "a" too'],
    [
      'arguments of one name with other values',
      [template('a', [{ name: 'x' }], [{ name: 'p', value: '1' }]), template('b', [{ name: 'y' }], [{ name: 'p', value: '2' }])],
      [],
      'b.args.p: has another content than in "a"; give its value',
    ],
    [
      'windows that differ',
      [
        template('a', [asking('rate(a[{{args.window}}])', { name: 'x' })]),
        template('b', [{ name: 'y', provider: { prometheus: { builtin: 'p99' } } }], [{ name: 'window', value: '5m' }]),
      ],
      [],
      'b.args.window: has another content than in "a"; give its value',
    ],
    ['an unknown argument', [template('a', [{}])], [{ name: 'nope', value: '' }], 'args[0].name: no template has an argument "nope"'],
    [
      'an argument given twice',
      [template('a', [{}], [{ name: 'p' }])],
      [
        { name: 'p', value: '1' },
        { name: 'p', value: '2' },
      ],
      'args[1].name: "p" is given twice',
    ],
    [
      'a predefined argument',
      [template('a', [{}])],
      [{ name: 'weight', value: '0' }],
      'args[0].name: "weight" is predefined and cannot be given',
    ],
    [
      'a required argument that is missing',
      [template('a', [asking('up{p="{{args.p}}"}')], [{ name: 'p' }])],
      [],
      'a.metrics[0].provider.prometheus.query: argument "p" is not given',
    ],
    [
      'a name where only numbers may stand',
      [template('a', [asking('sum by ({{args.canaryWorkload}}) (up)')])],
      [],
      'a.metrics[0].provider.prometheus.query: argument "canaryWorkload" stands outside a string',
    ],
    [
      'a Secret in a query',
      [template('a', [asking('up{p="{{args.token}}"}')], [secretArg])],
      [],
      'a.metrics[0].provider.prometheus.query: argument "token" is a Secret',
    ],
    [
      'a control character in a header',
      [template('a', [{ provider: { prometheus: { query: 'up', headers: [{ key: 'X', value: '{{args.p}}' }] } } }], [{ name: 'p' }])],
      [{ name: 'p', value: 'a\r\nb' }],
      'a.metrics[0].provider.prometheus.headers[0].value: header X',
    ],
    [
      'successCondition',
      [template('a', [{ thresholdRange: undefined, successCondition: 'result > {{args.least}}' }])],
      [],
      'a.metrics[0].successCondition: argument "least" is not given',
    ],
    [
      'failureCondition',
      [template('a', [{ thresholdRange: undefined, failureCondition: 'result < {{args.least}}' }], [{ name: 'least', value: 'some' }])],
      [],
      'a.metrics[0].failureCondition: no such overload: double < string',
    ],
    [
      'a side of a comparison outside of one',
      [template('a', [asking('up{deployment="{{args.workload}}"}')])],
      [],
      'a.metrics[0].provider.prometheus.query: argument "workload" is not given',
    ],
    [
      'an argument in the host of a web address',
      [template('a', [{ provider: { web: { url: 'http://{{args.h}}/b', jsonPath: '$.a' } } }], [{ name: 'h', value: 'x' }])],
      [],
      'a.metrics[0].provider.web.url: argument "h" may not stand in scheme, host or port of a URL',
    ],
    [
      'a text outside the strings of a web body',
      [
        template(
          'a',
          [{ provider: { web: { url: 'http://a/b', method: 'POST', body: '{"a":{{args.t}}}', jsonPath: '$.a' } } }],
          [{ name: 't', value: 'x' }],
        ),
      ],
      [],
      'a.metrics[0].provider.web.body: argument "t" stands outside a JSON string',
    ],
    [
      'a window that is no duration',
      [template('a', [asking('rate(a[{{args.window}}])')])],
      [{ name: 'window', value: 'x' }],
      'a.metrics[0]: argument "window" must be a duration',
    ],
  ];
  test.each(refused)('refused: %s', (_name, templates, given, expected) => {
    const found = problems(templates, given);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });

  test('window may be given, and settles which of two it is', () => {
    const a = template('a', [asking('rate(a[{{args.window}}])', { name: 'x' })], [{ name: 'window', value: '2m' }]);
    const b = template('b', [asking('rate(b[{{args.window}}])', { name: 'y' })]);
    const merged = mergeTemplates([a, b], [{ name: 'window', value: '90s' }]);
    expect(merged).toMatchObject({ ok: true, value: { args: [{ name: 'window', value: '90s' }] } });
  });
  test('a template may name predefined arguments for use by hand; the Rollout’s go before them', () => {
    const named = template('a', [asking('up{s="{{args.canaryService}}"}')], [{ name: 'canaryService' }]);
    expect(mergeTemplates([named], [])).toMatchObject({ ok: true, value: { args: [] } });
  });
  test('all problems are reported at once', () => {
    expect(
      problems([template('a', [asking('up{p="{{args.p}}",q="{{args.q}}"}')]), template('b', [{}])], [{ name: 'nope', value: '' }]),
    ).toHaveLength(4);
  });
});

describe('analysisRunName', () => {
  const identity = { rollout: 'web', revision: '7c9d2f41aa', attempt: 1, kind: 'Background', step: undefined } as const;
  test.each([
    [identity, 'web-7c9d2f41aa-1-bg'],
    [{ ...identity, kind: 'AfterPromotion', attempt: 2 }, 'web-7c9d2f41aa-2-bake'],
    [{ ...identity, kind: 'Step', step: 3 }, 'web-7c9d2f41aa-1-s3'],
  ] as const)('%o', (given, name) => {
    expect(analysisRunName(given)).toBe(name);
    const { rollout: _, ...rest } = given;
    expect(identityOfName(name)).toEqual(rest);
  });
  test.each(['web', 'web-7c9d2f41aa', 'web-7c9d2f41aa-0-bg', 'web-7c9d2f41aa-1-s', 'web-7C9D2F41AA-1-bg', 'smoke-by-hand-1-bg'])(
    '%s is the name of no run of ours',
    (name) => expect(identityOfName(name)).toBeUndefined(),
  );
  test('a long name is cut to 63 characters and stays one of its own', () => {
    const long = analysisRunName({ ...identity, rollout: `${'a'.repeat(80)}x` });
    const other = analysisRunName({ ...identity, rollout: `${'a'.repeat(80)}y` });
    expect(long).toHaveLength(63);
    expect(long).toMatch(/^a+-[0-9a-f]{6}-7c9d2f41aa-1-bg$/);
    expect(other).not.toBe(long);
  });
});

describe('encodeRunSpec', () => {
  test('decoding what was encoded gives the same spec', () => {
    const { spec } = aRun({
      metrics: [
        { name: 'a', interval: '1h30m', initialDelay: '250ms', count: 3, noData: { action: 'Fail', timeout: '90s' } },
        { name: 'b', provider: { trafficMetrics: { value: 'p99', window: '30s' } }, minRequests: 5, dryRun: true },
        {
          name: 'c',
          thresholdRange: undefined,
          successCondition: 'result > 1',
          provider: { web: { url: 'http://a/b', jsonPath: '$.a', timeout: '3s' } },
        },
      ],
      args: [{ name: 'p', value: '1' }],
      rollout: { kind: 'Step', step: 2 },
      terminate: true,
    });
    const wire: unknown = JSON.parse(JSON.stringify(encodeRunSpec(spec)));
    expect(analysisRunSpecSchema.parse(wire)).toEqual(spec);
  });
});
