import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BadInput } from '../../test/cluster/kinds.cases.ts';
import { badRollouts, changed, fullRollout, goodRollout } from '../../test/cluster/kinds.cases.ts';
import { badDecisions, badTemplates, goodDecision, goodTemplate } from '../../test/cluster/kinds.other-cases.ts';
import type { KubeObject } from '../kube/object.ts';
import type { Decoded } from './decode.ts';
import { decodeAnalysisRun, decodeAnalysisTemplate, decodeClusterAnalysisTemplate, decodeDecision, decodeRollout } from './decode.ts';

const stored = (object: unknown): KubeObject => object as KubeObject;

function decodedBy<T>(decoded: Decoded<T>): T {
  if (!decoded.ok) throw new Error(JSON.stringify(decoded.failure));
  return decoded.value;
}

const errorsOf = (decoded: Decoded<unknown>) => (decoded.ok ? [] : decoded.failure);

describe('a valid object', () => {
  it('of the contract’s section 1 decodes, durations in milliseconds', () => {
    const { spec, adoptsSplit, name, namespace } = decodedBy(decodeRollout(stored(fullRollout())));
    expect({ adoptsSplit, name, namespace }).toEqual({ adoptsSplit: true, name: 'web', namespace: 'default' });
    expect(spec.strategy.canary.steps?.[1]).toEqual({ kind: 'pause', config: { duration: 300_000 } });
    expect(spec.strategy.canary.confirmation).toEqual({ timeout: 60_000, maxLag: 10_000 });
    expect(spec.windows[0]?.duration).toBe(63 * 3_600_000);
  });

  it('goes by the names that were taken over, and tells of others', () => {
    const status = { stableRevision: '6d5f0c9b1e', taken: { service: 'web', split: 'web' } };
    const { spec, renamed } = decodedBy(decodeRollout(stored(changed(goodRollout(), { 'spec.service.name': 'web2', status }))));
    expect([spec.service.name, spec.traffic.smi?.splitName]).toEqual(['web', 'web']);
    expect(renamed).toContain('web2');
  });

  it('gets the defaults of the contract', () => {
    const { spec } = decodedBy(decodeRollout(stored(goodRollout())));
    expect(spec).toMatchObject({
      service: { pinSelector: 'Auto' },
      traffic: { smi: { version: 'auto', provider: 'auto' } },
      trackConfig: 'ConfigMaps',
      progressDeadline: 600_000,
      progressDeadlineAction: 'Abort',
      paused: false,
      revisionHistoryLimit: 5,
      windows: [],
      strategy: {
        canary: { scaleDownDelay: 300_000, abortScaleDownDelay: 30_000, minPodsPerRevision: 1, confirmation: { timeout: 60_000 } },
      },
    });
    expect(spec.replicas).toBeUndefined();
  });

  it('may hold members that are not known, outside of steps', () => {
    expect(decodeRollout(stored(changed(goodRollout(), { 'spec.later': 1, 'spec.service.later': {} }))).ok).toBe(true);
  });

  it('of every other kind decodes', () => {
    expect(decodedBy(decodeDecision(stored(goodDecision()))).spec.action).toBe('Approve');
    expect(decodedBy(decodeAnalysisTemplate(stored(goodTemplate()))).namespace).toBe('default');
    expect(decodedBy(decodeClusterAnalysisTemplate(stored(goodTemplate('ClusterAnalysisTemplate')))).namespace).toBeUndefined();
    expect(decodedBy(decodeAnalysisRun(stored(goodTemplate('AnalysisRun')))).status).toEqual({ phase: 'Pending', metricResults: [] });
  });
});

describe.each([
  ['Rollout', badRollouts, decodeRollout],
  ['Decision', badDecisions, decodeDecision],
  ['AnalysisTemplate', badTemplates, decodeAnalysisTemplate],
] as readonly [string, readonly BadInput[], (object: KubeObject) => Decoded<unknown>][])('a bad %s', (_kind, cases, decode) => {
  it.each(cases.map((bad) => [bad.name, bad] as const))('is refused with all its paths: %s', (_name, { object, paths }) => {
    const errors = errorsOf(decode(stored(JSON.parse(JSON.stringify(object)))));
    expect([...new Set(errors.map(({ path }) => path))].sort()).toEqual([...paths].sort());
    for (const { message } of errors) expect(message).toMatch(/^[^A-Z].{5,}|^Approve|^"/);
  });
});

describe('a message', () => {
  it('names the known kinds of steps', () => {
    const [first] = errorsOf(decodeRollout(stored(changed(goodRollout(), { 'spec.strategy.canary.steps': [{ setWieght: 1 }] }))));
    expect(first).toEqual({
      path: 'spec.strategy.canary.steps[0].setWieght',
      message: expect.stringMatching(/^is no kind of step; use one of .*setWeight/),
    });
  });
});

describe('whatever is stored', () => {
  const decoders = [decodeRollout, decodeAnalysisTemplate, decodeClusterAnalysisTemplate, decodeAnalysisRun, decodeDecision];
  const json = fc.jsonValue({ maxDepth: 6 });

  it('decoding does not throw', () => {
    fc.assert(
      fc.property(json, (value) => decoders.every((decode) => typeof decode(stored(value)).ok === 'boolean')),
      { numRuns: 300 },
    );
  });

  it('decoding does not throw when any part of a good object is anything', () => {
    const paths = pathsOf(fullRollout());
    const templates = pathsOf(goodTemplate());
    fc.assert(
      fc.property(fc.constantFrom(...paths), json, (path, value) => {
        const result = decodeRollout(stored(changed(fullRollout(), { [path]: value })));
        return result.ok || result.failure.length > 0;
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.constantFrom(...templates), json, (path, value) => {
        const object = stored(changed(goodTemplate(), { [path]: value }));
        return [decodeAnalysisTemplate(object), decodeAnalysisRun(object)].every((result) => result.ok || result.failure.length > 0);
      }),
      { numRuns: 300 },
    );
  });
});

function pathsOf(value: unknown, prefix = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [`${prefix}${key}`, ...pathsOf(member, `${prefix}${key}.`)]);
}
