// What the demo takes for a right and for a wrong outcome.
import { describe, expect, test } from 'vitest';
import type { RevisionView, RolloutView, Scene } from './scene.ts';
import { type Expectation, requestsPerSecond, story } from './story.ts';

const rollout = (more: Partial<RolloutView>): RolloutView => ({
  ...{ phase: 'Progressing', message: '', stable: 'aaa', canary: 'bbb', desired: 10, isConfirmed: true, step: undefined, abort: undefined },
  ...more,
});
const revision = (version: string, hash: string, more: Partial<RevisionView> = {}): RevisionView => ({
  ...{ name: `web-${hash}`, revision: hash, version, role: 'stable', pods: { ready: 1, wanted: 1 }, weight: 100 },
  ...{ perSecond: 1, successRate: 1, p99Ms: 1, requests: { sent: 0, failed: 0, lost: 0 } },
  ...more,
});
const scene = (
  given: Partial<RolloutView>,
  revisions = [revision('v2', 'aaa'), revision('v3', 'bbb', { weight: 0 })],
  sent = 0,
): Scene => ({
  ...{ rollout: rollout(given), revisions, endpoints: 1, requests: { sent, failed: 0, lost: 0 } },
});

function judgeOf(what: string) {
  const found = story.flatMap(({ acts }) => acts).find((act): act is Expectation => act.kind === 'expect' && act.what === what);
  if (found === undefined) throw new Error(`nothing in the story expects: ${what}`);
  return found.judge();
}
const failed = { reason: 'AnalysisFailed', message: 'm', failed: undefined };

describe('a bad release', () => {
  const judge = judgeOf('v3 is rolled back by its analysis');

  test('is awaited while it is on its way, and right once its analysis has rolled it back', () => {
    expect(judge(scene({})).kind).toBe('not yet');
    expect(judge(scene({ phase: 'Aborting', abort: failed })).kind).toBe('not yet');
    expect(judge(scene({ phase: 'RolledBack', abort: failed })).kind).toBe('met');
  });

  test('that is promoted is wrong', () => {
    expect(judge(scene({ phase: 'Healthy', stable: 'bbb', canary: undefined }))).toEqual({ kind: 'wrong', why: 'v3 was promoted' });
  });

  test('that is rolled back for another reason is wrong', () => {
    expect(judge(scene({ phase: 'RolledBack', abort: { ...failed, reason: 'CanaryUnavailable' } })).kind).toBe('wrong');
  });

  test('that is gone without a rollback is wrong', () => {
    expect(judge(scene({ phase: 'Healthy', canary: undefined })).kind).toBe('wrong');
  });
});

test('a good release that is rolled back is wrong', () => {
  const judge = judgeOf('v2 is promoted');
  expect(judge(scene({ phase: 'RolledBack', abort: failed })).kind).toBe('wrong');
  expect(judge(scene({ phase: 'Healthy', canary: undefined })).kind).toBe('met');
});

describe('all traffic is with one version', () => {
  const at = (sent: number, own: number, weight = 100) =>
    scene({}, [revision('v2', 'aaa', { weight, requests: { sent: own, failed: 0, lost: 0 } })], sent);

  test('once a second of requests reached it, and nobody else got any', () => {
    const judge = judgeOf('v2 gets every request again');
    expect(judge(at(1_000, 600)).kind).toBe('not yet');
    expect(judge(at(1_000 + requestsPerSecond - 1, 600 + requestsPerSecond - 1)).kind).toBe('not yet');
    expect(judge(at(1_000 + requestsPerSecond, 600 + requestsPerSecond)).kind).toBe('met');
  });

  test('requests to others begin it anew', () => {
    const judge = judgeOf('v2 gets every request again');
    judge(at(1_000, 600));
    expect(judge(at(2_000, 1_599)).kind).toBe('not yet');
    expect(judge(at(2_000 + requestsPerSecond, 1_599 + requestsPerSecond)).kind).toBe('met');
  });

  test('a split that says otherwise never meets it', () => {
    const judge = judgeOf('v2 gets every request again');
    judge(at(1_000, 600, 90));
    expect(judge(at(5_000, 4_600, 90)).kind).toBe('not yet');
  });
});
