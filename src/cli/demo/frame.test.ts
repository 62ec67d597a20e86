import { describe, expect, test } from 'vitest';
import { type Frame, renderFrame, renderNews } from './frame.ts';
import { newsBetween, waitsFor, whyAborted } from './news.ts';
import type { RevisionView, RolloutView, Scene } from './scene.ts';
import { type Style, widthOf } from './text.ts';

const plain: Style = { width: 80, hasColour: false, isUnicode: true };

const aRevision = (more: Partial<RevisionView> = {}): RevisionView => ({
  ...{ name: 'web-1e67433df0', revision: '1e67433df0', version: 'v1', role: 'stable', pods: { ready: 4, wanted: 4 }, weight: 75 },
  ...{ perSecond: 151.2, successRate: 1, p99Ms: 98.4, requests: { sent: 3_000, failed: 0, lost: 0 } },
  ...more,
});
const aCanary = (more: Partial<RevisionView> = {}): RevisionView =>
  aRevision({
    ...{ name: 'web-91e91d8908', revision: '91e91d8908', version: 'v2', role: 'canary', pods: { ready: 1, wanted: 2 }, weight: 25 },
    ...{ perSecond: 49.6, successRate: 0.7134, p99Ms: 39.9 },
    ...more,
  });

const aRollout = (more: Partial<RolloutView> = {}): RolloutView => ({
  ...{ phase: 'Progressing', message: 'step 4/7: 25 % to 91e91d8908, waiting until 2026-11-27T05:33:16.013Z' },
  ...{ stable: '1e67433df0', canary: '91e91d8908', desired: 25, isConfirmed: true, abort: undefined },
  step: { label: '4/7', kind: 'pause', secondsLeft: 3 },
  ...more,
});

const aScene = (more: Partial<Scene> = {}): Scene => ({
  ...{ rollout: aRollout(), revisions: [aRevision(), aCanary()], endpoints: 4, requests: { sent: 12_345, failed: 42, lost: 0 } },
  ...more,
});

const aFrame = (more: Partial<Frame> = {}): Frame => ({
  elapsedMs: 83_000,
  chapters: [
    { title: 'adopted', state: 'done' },
    { title: 'a release', state: 'now' },
    { title: 'another', state: 'ahead' },
  ],
  scene: aScene(),
  news: [
    { atMs: 4_000, text: 'started the controller', tone: 'busy' },
    { atMs: 71_500, text: 'v2 passed at 10 % (success 100 %, p99 40 ms), and this sentence is too long for one line: 25 %', tone: 'plain' },
  ],
  ...more,
});

const withoutColour = (line: string): string =>
  line
    .split('\x1b[')
    .map((piece, index) => (index === 0 ? piece : piece.slice(piece.indexOf('m') + 1)))
    .join('');

describe('the frame', () => {
  test('shows revisions, weights, rates, the step and what it waits for', () => {
    expect(`\n${renderFrame(aFrame(), plain).join('\n')}\n`).toMatchInlineSnapshot(`
      "
      sluice demo - a cluster in this process, the shipped controller beside it   1:23
      ✔ adopted
      ▶ a release
      · another

      Rollout web Progressing  step 4/7 pause  weight confirmed
      step 4/7: 25 % to v2, a pause, 3 s left


      VERSION REVISION   ROLE        PODS  TRAFFIC              REQ/S  SUCCESS     P99
      v1      1e67433df0 stable      4/4   ██████████░░░  75 %    151    100 %   98 ms
      v2      91e91d8908 canary      1/2   ███░░░░░░░░░░  25 %     50   71.3 %   40 ms

      Requests so far 12,345   failed 42   without an endpoint 0

      0:04  started the controller
      1:11  v2 passed at 10 % (success 100 %, p99 40 ms), and this sentence is too
            long for one line: 25 %
      "
    `);
  });

  test('is nothing but ASCII where the locale asks for that', () => {
    const text = renderFrame(aFrame(), { ...plain, isUnicode: false }).join('\n');
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    expect(text).toContain('###....');
  });

  test('fits a narrow terminal: no hashes, no line too long', () => {
    const lines = renderFrame(aFrame(), { ...plain, width: 60 });
    expect(`\n${lines.join('\n')}\n`).toMatchInlineSnapshot(`
      "
      sluice demo                                             1:23
      ✔ adopted
      ▶ a release
      · another

      Rollout web Progressing  step 4/7 pause  weight confirmed
      step 4/7: 25 % to v2, a pause, 3 s left


      VERSION ROLE        PODS  TRAF        REQ/S  SUCCESS     P99
      v1      stable      4/4   ███░  75 %    151    100 %   98 ms
      v2      canary      1/2   █░░░  25 %     50   71.3 %   40 ms

      Requests so far 12,345   failed 42   without an endpoint 0

      0:04  started the controller
      1:11  v2 passed at 10 % (success 100 %, p99 40 ms), and this
            sentence is too long for one line: 25 %
      "
    `);
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(60);
  });

  test('colours say nothing that the words do not', () => {
    const lines = renderFrame(aFrame(), { ...plain, hasColour: true });
    expect(lines.map((line) => withoutColour(line).trimEnd())).toEqual(renderFrame(aFrame(), plain));
    const row = lines.find((line) => line.includes('91e91d8908') && line.includes('canary'));
    expect(row).toContain('\x1b[31m   71.3 %\x1b[0m');
    expect(row).toContain('\x1b[36mcanary      \x1b[0m');
  });

  test.each([24, 18, 5, 1])('is never higher than the terminal: %i lines, the newest news stay', (height) => {
    const news = Array.from({ length: 40 }, (_, index) => ({ atMs: index * 1_000, text: `news ${index}`, tone: 'plain' as const }));
    const lines = renderFrame(aFrame({ news }), plain, height);
    expect(lines.length).toBeLessThanOrEqual(height);
    if (height >= 18) expect(lines.at(-1)).toBe('0:39  news 39');
  });

  test('a success rate just below 100 % is not shown as 100 %', () => {
    const scene = aScene({ revisions: [aRevision({ successRate: 0.99996 })] });
    expect(renderFrame(aFrame({ scene }), plain).join('\n')).toContain('99.9 %');
  });

  test('what others wrote into objects can neither move the cursor nor hide: it is shown as it is', () => {
    const evil = '\x1b[2J\x1b]0;owned\x07v9\r\n\u202eoops\u0085\u200b';
    const scene = aScene({
      rollout: aRollout({ phase: evil, message: evil, step: { label: evil, kind: evil, secondsLeft: undefined } }),
      revisions: [aRevision({ version: evil, revision: evil })],
    });
    const frame = aFrame({ scene, chapters: [{ title: evil, state: 'now' }], news: [{ atMs: 0, text: evil, tone: 'bad' }] });
    for (const width of [200, 80, 60, 20]) {
      for (const line of renderFrame(frame, { ...plain, width })) {
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
        expect(widthOf(line)).toBeLessThanOrEqual(width);
      }
    }
    expect(renderFrame(frame, { ...plain, width: 200 }).join('\n')).toContain(
      '\\x1b[2J\\x1b]0;owned\\x07v9\\x0d\\x0a\\u{202e}oops\\x85\\u{200b}',
    );
    expect(renderNews({ atMs: 0, text: evil, tone: 'bad' })).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  test('wide and combining characters keep the columns', () => {
    const [one, two] = ['漢字', 'e\u0301'].map((version) => aScene({ revisions: [aRevision({ version })] }));
    const barAt = (scene: Scene | undefined) => {
      const line = renderFrame(aFrame({ scene: scene ?? aScene() }), plain).find((each) => each.includes('█')) ?? '';
      return widthOf(line.slice(0, line.indexOf('█')));
    };
    expect(barAt(one)).toBe(barAt(two));
  });
});

describe('what it waits for', () => {
  test('versions in place of hashes, seconds in place of moments', () => {
    expect(waitsFor(aScene())).toBe('step 4/7: 25 % to v2, a pause, 3 s left');
  });

  test('without a Rollout there is nothing to wait for', () => {
    expect(waitsFor(aScene({ rollout: undefined }))).toMatch(/plain Deployment/);
  });
});

describe('the news', () => {
  const failed = { metric: 'success-rate', value: 0.693_77, min: 0.99 };
  const abort = { reason: 'AnalysisFailed', message: 'metric "success-rate" Failed', failed };
  const textsOf = (before: Scene | undefined, now: Scene) => newsBetween(before, now).map(({ text }) => text);

  test('nothing new is no news', () => {
    expect(textsOf(aScene(), aScene())).toEqual([]);
  });

  test('a raise tells what the version had passed with', () => {
    const now = aScene({ rollout: aRollout({ desired: 50 }), revisions: [aRevision(), aCanary({ successRate: 1 })] });
    expect(textsOf(aScene(), now)).toEqual(['v2 passed at 25 % (success 100 %, p99 40 ms): 50 % of the traffic']);
  });

  test('a new canary is named by its version, once there are pods to read it from', () => {
    const before = aScene({ rollout: aRollout({ phase: 'Healthy', canary: undefined, desired: 0 }), revisions: [aRevision()] });
    const unnamed = aScene({ rollout: aRollout({ desired: 0 }), revisions: [aRevision()] });
    const named = aScene({ rollout: aRollout({ desired: 0 }) });
    expect(textsOf(before, unnamed)).toEqual([]);
    expect(textsOf(unnamed, named)).toEqual(['a new template, v2: its pods come first, without any traffic']);
  });

  test('a rollback tells the measurement that decided, once', () => {
    const aborting = aScene({ rollout: aRollout({ phase: 'Aborting', abort }) });
    const over = aScene({ rollout: aRollout({ phase: 'RolledBack', abort }) });
    const why = 'AnalysisFailed: success-rate is 0.694, wanted at least 0.99';
    const back = 'v2 is rolled back, all traffic is with v1 again';
    expect(textsOf(aScene(), aborting)).toEqual([why]);
    expect(textsOf(aborting, over)).toEqual([back]);
    expect(textsOf(aScene(), over)).toEqual([why, back]);
  });

  test('an abort without a measurement has the words of the controller', () => {
    expect(whyAborted({ reason: 'CanaryUnavailable', message: 'no pod is ready', failed: undefined })).toBe(
      'CanaryUnavailable: no pod is ready',
    );
  });
});
