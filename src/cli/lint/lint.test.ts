import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Reason, reasons } from '../../core/index.ts';
import { runWith } from '../testing/bench.ts';
import type { Linted } from './check.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-lint-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string): string => {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
};

async function linted(text: string): Promise<Linted> {
  const { out } = await runWith(['lint', '-f', '-', '-o', 'json'], { stdin: text });
  return JSON.parse(out) as Linted;
}

/** `line:column Reason path` of each. */
const found = async (text: string): Promise<readonly string[]> =>
  (await linted(text)).findings.map(({ line, column, reason, path = '' }) => `${line}:${column} ${reason} ${path}`);
const messages = async (text: string): Promise<readonly string[]> => (await linted(text)).findings.map(({ message }) => message);

interface Parts {
  readonly spec?: string;
  readonly steps?: string;
  readonly canary?: string;
}

const rollout = ({
  spec = '',
  steps = '[{setWeight: 5}, {pause: {duration: 10m}}]',
  canary = 'analysis: {templates: [{name: success}]}',
}: Parts = {}) =>
  `apiVersion: sluice.dev/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  workloadRef: {name: web}
  service: {name: web}
  traffic: {smi: {}}
  strategy:
    canary:
      steps: ${steps}
      ${canary}
${spec}---
`;

const template = (metric: string) => `apiVersion: sluice.dev/v1alpha1
kind: AnalysisTemplate
metadata: {name: success}
spec:
  metrics:
  - name: success
    interval: 30s
${metric}---
`;
const builtin = template(`    thresholdRange: {min: 0.99}
    provider: {prometheus: {builtin: successRate}}
`);
const query = (text: string) =>
  template(`    thresholdRange: {min: 0.99}
    provider: {prometheus: {query: ${JSON.stringify(text)}}}
`);
const deployment = (more = '') => `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  ${more}
  template:
    metadata: {labels: {app: web, tier: front}}
    spec: {containers: [{name: web, ports: [{name: http, containerPort: 80}]}]}
---
`;
const service = (spec: string) => `apiVersion: v1
kind: Service
metadata: {name: web}
spec: ${spec}
---
`;
const scaler = (kind: string) => `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {kind: ${kind}, name: web}
---
`;

test('what is as it should be has no finding', async () => {
  const whole =
    rollout() + builtin + deployment() + service('{selector: {app: web}, ports: [{port: 80, targetPort: http}]}') + scaler('Rollout');
  expect(await linted(whole)).toEqual({ findings: [], files: 1, objects: 2 });
});

describe('one object by itself', () => {
  test('every error at once, each at its own place', async () => {
    const broken = rollout({ steps: '\n      - setWieght: 10\n      - pause: {duration: 5x}\n      - setWeight: 150' }) + builtin;
    expect(await found(broken)).toEqual([
      '11:9 UnknownField spec.strategy.canary.steps[0].setWieght',
      '11:9 InvalidSpec spec.strategy.canary.steps[0]',
      '12:17 InvalidSpec spec.strategy.canary.steps[1].pause.duration',
      '13:9 InvalidSpec spec.strategy.canary.steps[2].setWeight',
    ]);
    expect((await messages(broken))[0]).toBe('is not known; the API server would drop it: did you mean setWeight?');
  });

  test('what is missing is said at its owner', async () => {
    expect(await found(rollout().replace('  service: {name: web}\n', '') + builtin)).toEqual(['4:1 InvalidSpec spec.service']);
  });

  test.each([
    ['kind: Rolout', ['2:1 UnknownKind kind'], 'sluice.dev has no kind Rolout; did you mean Rollout?'],
    ['kind: Rollout\nx: 1', ['3:1 UnknownField x'], 'is not known; the API server would drop it: remove it or correct its spelling'],
  ])('%s', async (kind, places, message) => {
    const text = rollout().replace('kind: Rollout', kind) + builtin;
    expect(await found(text)).toEqual(places);
    expect(await messages(text)).toEqual([message]);
  });

  test('another version', async () => {
    expect(await messages(rollout({ canary: '' }).replace('v1alpha1', 'v1'))).toContain(
      'Rollout is served as sluice.dev/v1alpha1, not as sluice.dev/v1',
    );
  });

  test('no YAML, no object, and the same one twice', async () => {
    expect(await found('a: [1\nb: 2')).toEqual([expect.stringMatching(/^\d:\d UnreadableFile $/)]);
    expect(await found('just text')).toEqual(['1:1 UnreadableFile ']);
    expect(await found(rollout() + rollout() + builtin)).toContain('15:12 DuplicateObject metadata.name');
  });

  test('objects of a List have places of their own', async () => {
    expect(
      await found('apiVersion: v1\nkind: List\nitems:\n- apiVersion: sluice.dev/v1alpha1\n  kind: Decision\n  metadata: {name: x}\n'),
    ).toEqual(['4:3 InvalidSpec spec']);
  });
});

describe('against one another', () => {
  test.each<[string, string, readonly string[], string | RegExp]>([
    [
      'a template that is not there',
      rollout({ canary: 'analysis: {templates: [{name: sucess}]}' }) + builtin,
      ['11:30 AnalysisTemplateNotFound spec.strategy.canary.analysis.templates[0]'],
      'no AnalysisTemplate "sucess" is among the files; did you mean success?',
    ],
    [
      'an argument that nobody gives',
      rollout() + template('    thresholdRange: {min: 0.99}\n    provider: {prometheus: {query: "x{pod=\\"{{args.pod}}\\"}"}}\n'),
      ['11:7 InvalidSpec spec.strategy.canary.analysis'],
      /"?pod"?/,
    ],
    ['a Service without selector', rollout() + builtin + service('{}'), ['26:1 ServiceUnsuitable spec'], 'has no selector'],
    [
      'a headless Service',
      rollout() + builtin + service('{clusterIP: None, selector: {app: web}}'),
      ['26:8 ServiceUnsuitable spec.clusterIP'],
      /headless/,
    ],
    ['an external Service', rollout() + builtin + service('{type: ExternalName}'), ['26:8 ServiceUnsuitable spec.type'], /ExternalName/],
    [
      'a selector that reaches no pod',
      rollout() + builtin + deployment() + service('{selector: {app: other}}'),
      ['35:8 ServiceUnsuitable spec.selector'],
      /selects app=other, which the pods of Deployment web do not have/,
    ],
    [
      'a port that no pod has',
      rollout() + builtin + deployment() + service('{selector: {app: web}, ports: [{port: 80, targetPort: https}]}'),
      ['35:49 PortMismatch spec.ports[0].targetPort'],
      '"https" is no port of Deployment web, which has http',
    ],
    [
      'an autoscaler of the workload',
      rollout() + builtin + deployment() + scaler('Deployment'),
      ['36:3 ScalerOnWorkload spec.scaleTargetRef'],
      /keeps at 0/,
    ],
    [
      'replicas of the workload',
      rollout() + builtin + deployment('replicas: 3'),
      ['27:3 ReplicasInGit spec.replicas'],
      /Deployment web, which Rollout web keeps at 0/,
    ],
    [
      'replicas that an autoscaler decides on',
      rollout({ spec: '  replicas: 3\n' }) + builtin + scaler('Rollout'),
      ['12:3 ReplicasInGit spec.replicas'],
      /HorizontalPodAutoscaler web decides on/,
    ],
    [
      'a workload that is misspelt',
      rollout() + builtin + deployment().replace('name: web', 'name: webb'),
      ['5:17 WorkloadNotFound spec.workloadRef.name'],
      /did you mean webb/,
    ],
    [
      'a Service of two Rollouts',
      rollout() +
        builtin +
        rollout({ spec: '' }).replace('name: web}', 'name: api}').replace('workloadRef: {name: web}', 'workloadRef: {name: api}'),
      ['28:13 ServiceClaimed spec.service.name'],
      'Service web is managed by Rollout web already (stdin:1)',
    ],
  ])('%s', async (_case, text, places, message) => {
    expect(await found(text)).toEqual(places);
    expect(await messages(text)).toEqual([typeof message === 'string' ? message : expect.stringMatching(message)]);
  });

  test('objects of two namespaces have nothing to do with one another', async () => {
    const there = service('{}').replace('{name: web}', '{name: web, namespace: there}');
    expect(await found(rollout().replace('{name: web}', '{name: web, namespace: here}') + builtin + there)).toEqual([]);
  });

  test('templates that come with the program need no file', async () => {
    expect(await found(rollout({ canary: 'analysis: {templates: [{name: success-rate, clusterScope: true}]}' }))).toEqual([]);
  });
});

describe('from experience', () => {
  test.each([
    [
      'a window longer than the step',
      rollout({ steps: '[{setWeight: 5}, {pause: {duration: 30s}}]' }) + query('sum(rate(x[5m]))'),
      'WindowLongerThanStep',
    ],
    ['a high first weight', rollout({ steps: '[{setWeight: 60}, {pause: {duration: 10m}}]' }) + builtin, 'FirstWeightHigh'],
    ['no analysis at all', rollout({ canary: '' }), 'NoAnalysis'],
    ['successes that vanish when everything fails', rollout() + query('sum(rate(r{code!~"5.."}[1m])) / sum(rate(r[1m]))'), 'SilentQuery'],
    [
      'errors that are not there as long as nothing fails',
      rollout() + query('sum(rate(r{code=~"5.."}[1m])) / sum(rate(r[1m]))'),
      'SilentQuery',
    ],
    [
      'a comparison that nobody passes',
      rollout() + builtin.replace('thresholdRange: {min: 0.99}', 'compare: {with: Stable}'),
      'CompareNeverPasses',
    ],
    [
      'a comparison alone',
      rollout() + builtin.replace('thresholdRange: {min: 0.99}', 'compare: {with: Stable, minEffect: 0.01}'),
      'CompareAlone',
    ],
  ])('%s', async (_case, text, reason) => {
    expect((await linted(text)).findings.map((finding) => finding.reason)).toContain(reason);
  });

  test.each([
    'sum(rate(r{code!~"5.."}[1m]) or vector(0)) / sum(rate(r[1m]))',
    'sum(rate(r{path="/code=5"}[1m])) / sum(rate(r[1m]))',
    'sum(rate(r{code=~"5.."}[1m]))',
  ])('%s is answered', async (text) => {
    expect(await found(rollout() + query(text))).toEqual([]);
  });

  test('it says when the answer is missing', async () => {
    expect(await messages(rollout() + query('sum(rate(r{code=~"5.."}[1m])) / sum(rate(r[1m]))'))).toEqual([
      'metric "success" counts by code without "or vector(0)": it has no answer as long as no request fails: a good release never passes',
    ]);
  });
});

describe('files, exit codes and formats', () => {
  test('a folder is all below it, without what is none of ours', async () => {
    write('a/rollout.yaml', rollout());
    write('b/template.yml', builtin);
    write('chart/templates/x.yaml', '{{- if .Values.x }}\nkind: X\n{{- end }}\n');
    write('chart/values.yaml', 'replicas: 1\n');
    write('notes.txt', 'none');
    write('.git/broken.yaml', 'apiVersion: sluice.dev/v1alpha1\nkind: X\n');
    expect(await runWith(['lint', '-f', folder])).toEqual({ code: 0, out: '0 errors, 0 warnings in 2 objects of 4 files\n', err: '' });
  });

  test('a file that is named is meant, whatever is in it', async () => {
    const { code, out } = await runWith(['lint', '-f', write('values.yaml', 'replicas: 1\n')]);
    expect([code, out]).toEqual([
      1,
      expect.stringContaining('values.yaml:1:1  error  UnreadableFile  is no Kubernetes object: apiVersion is missing'),
    ]);
  });

  test.each([
    [['lint'], 2, /-f FILE: is required/],
    [['lint', '-f', '/nowhere.yaml'], 2, /ENOENT/],
    [['lint', '-f', '-', '-f', '-'], 2, /can be read once/],
    [['lint', '-f', '-'], 2, /nothing of sluice.dev is in these files/],
  ])('%j exits with %i', async (args, code, err) => {
    expect(await runWith(args)).toMatchObject({ code, err: expect.stringMatching(err) as string });
  });

  test('warnings exit with 1 where they are told to', async () => {
    const text = rollout() + builtin + deployment('replicas: 3');
    expect((await runWith(['lint', '-f', '-'], { stdin: text })).code).toBe(0);
    expect((await runWith(['lint', '-f', '-', '--strict'], { stdin: text })).code).toBe(1);
  });

  const broken = rollout({ spec: '  "a%,b": 1\n' }) + builtin;

  test('annotations of GitHub, with what has a meaning there written otherwise', async () => {
    expect((await runWith(['lint', '-f', '-', '-o', 'github'], { stdin: broken })).out).toBe(
      '::error file=stdin,line=12,col=3,title=UnknownField::Rollout web: spec["a%25,b"]: is not known; the API server would drop it: remove it or correct its spelling\n',
    );
  });

  test('SARIF 2.1.0: every result has a rule, a level and a place', async () => {
    const { out } = await runWith(['lint', '-f', write('one two.yaml', broken + deployment('replicas: 3')), '-o', 'sarif']);
    const report = JSON.parse(out) as {
      version: string;
      runs: { tool: { driver: { name: string; rules: { id: string; shortDescription: { text: string } }[] } }; results: Result[] }[];
    };
    interface Result {
      ruleId: string;
      ruleIndex: number;
      level: string;
      message: { text: string };
      locations: { physicalLocation: { artifactLocation: { uri: string }; region: { startLine: number; startColumn: number } } }[];
    }
    const [run] = report.runs;
    const { rules = [], name } = run?.tool.driver ?? {};
    expect([report.version, name, report.runs.length, run?.results.length]).toEqual(['2.1.0', 'sluice lint', 1, 2]);
    for (const { ruleId, ruleIndex, level, message, locations } of run?.results ?? []) {
      expect(rules[ruleIndex]?.id).toBe(ruleId);
      expect(rules[ruleIndex]?.shortDescription.text).toBe((reasons as Record<string, Reason>)[ruleId]?.means);
      expect(['error', 'warning', 'note']).toContain(level);
      expect(message.text).not.toBe('');
      const [place] = locations;
      expect(place?.physicalLocation.artifactLocation.uri).toMatch(/one%20two\.yaml$/);
      expect(place?.physicalLocation.region.startLine).toBeGreaterThan(0);
      expect(place?.physicalLocation.region.startColumn).toBeGreaterThan(0);
    }
  });
});
