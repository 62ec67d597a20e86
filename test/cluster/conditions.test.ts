// Conditions in CEL, and a service of the user's own that says whether the release is good. Each against what every request saw.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openBed } from './kit/bed.ts';
import { pathOf } from './kit/paths.ts';
import { waitFor, waitForObject } from './kit/wait.ts';
import { type AnalysisRun, metricOf, runsOf } from './support/analysis.ts';
import { aRelease } from './support/release.ts';
import { isPromoted, isRolledBack, successRate, template } from './support/rollouts.ts';

const bed = openBed(inject('bed'));
afterAll(() => bed.close());

describe.concurrent('conditions', () => {
  const conditions = {
    thresholdRange: undefined,
    successCondition: 'result >= {{args.good}}',
    failureCondition: 'result < {{args.bad}}',
    // One of a few dozen requests lost on a busy machine must decide nothing.
    inconclusiveLimit: 100,
  };

  test('promote a good release and roll a bad one back, saying which of them spoke', async ({ onTestFinished }) => {
    const analysis = {
      templates: [{ name: 'checks' }],
      args: [
        { name: 'good', value: '0.95' },
        { name: 'bad', value: '0.9' },
      ],
    };
    const release = await aRelease(bed, 'c-cel', { cleanup: onTestFinished, metrics: [successRate(conditions)], analysis });
    const good = await release.change({ image: 'example/app:2' });
    await release.until('promoted', isPromoted(good), 300_000);
    await release.change({ image: 'example/app:3', behaviour: { 'error-rate': '0.4' } });
    const back = await release.until('rolled back', isRolledBack, 300_000);
    expect(back.abort?.reason).toBe('AnalysisFailed');
    expect(back.abort?.message).toContain('failureCondition holds: result < {{args.bad}}');
    await release.serves(good);
    await release.holds();
  });

  test('that cannot be parsed stop the release before it has traffic, with the path', async ({ onTestFinished }) => {
    const metrics = [successRate({ thresholdRange: undefined, successCondition: 'result >>= 1' })];
    const release = await aRelease(bed, 'c-broken', { cleanup: onTestFinished, metrics });
    await release.write({ image: 'example/app:2' });
    const waiting = await release.until(
      'the template refused, by path',
      ({ phase, conditions: found = [] }) =>
        phase === 'Progressing' &&
        found.some(
          ({ type, reason, message }) =>
            type === 'Ready' && reason === 'AnalysisTemplateInvalid' && message.includes('metrics[0].successCondition'),
        ),
    );
    expect(waiting.weight?.desired).toBe(0);
    await release.serves(release.stable);
    await release.holds();
  });
});

describe.skipIf(bed.info.ownAddress === undefined).concurrent('a service that judges', () => {
  interface Judge {
    readonly url: string;
    readonly asked: readonly { readonly url: string; readonly body: string; readonly key: string }[];
    verdict: unknown;
  }

  /** Listens on an address of the bed that is not loopback, which no template may name. */
  async function aJudge(verdict: unknown, cleanup: (after: () => Promise<void>) => void): Promise<Judge> {
    const asked: { url: string; body: string; key: string }[] = [];
    const server: Server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        asked.push({ url: request.url ?? '', body, key: `${request.headers['x-key'] ?? ''}` });
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ data: judge.verdict }));
      });
    });
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, bed.info.ownAddress, resolve));
    cleanup(async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    });
    const judge: Judge = { url: `http://${bed.info.ownAddress}:${(server.address() as AddressInfo).port}`, asked, verdict };
    return judge;
  }

  const webMetric = (url: string, more: object): object => ({
    name: 'judge',
    interval: '2s',
    provider: {
      web: {
        ...{ url: `${url}/judge/{{args.canaryWorkload}}?weight={{args.weight}}`, method: 'POST', jsonPath: '{$.data}' },
        headers: [{ key: 'X-Key', value: '{{args.key}}' }],
        body: '{"revision":"{{args.revision}}"}',
      },
    },
    ...more,
  });

  test('is asked with arguments and a Secret, and its word promotes a release and rolls it back', async ({ onTestFinished }) => {
    const judge = await aJudge({ isGood: true, checks: [1, 1] }, onTestFinished);
    const conditions = { successCondition: 'result.isGood && result.checks.all(check, check == 1)' };
    const release = await aRelease(bed, 'c-web', {
      cleanup: onTestFinished,
      analysis: { templates: [{ name: 'judge' }] },
      prepare: async ({ name }) => {
        const secret = {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'judge', namespace: name },
          stringData: { key: 'open-sesame' },
        };
        await bed.admin.create(secret);
        const judging = template(name, 'judge', [webMetric(judge.url, conditions)]);
        const args = [{ name: 'key', valueFrom: { secretKeyRef: { name: 'judge', key: 'key' } } }];
        await bed.admin.apply({ ...judging, spec: { ...judging.spec, args } }, { manager: 'user' });
        return undefined;
      },
    });
    const good = await release.change({ image: 'example/app:2' });
    await release.until('promoted', isPromoted(good), 300_000);
    expect(
      judge.asked.every(
        ({ url, body, key }) => url.startsWith(`/judge/web-${good}?weight=`) && body === `{"revision":"${good}"}` && key === 'open-sesame',
      ),
    ).toBe(true);
    expect(judge.asked.some(({ url }) => url.endsWith('weight=20'))).toBe(true);
    const bad = await release.change({ image: 'example/app:3' });
    judge.verdict = { isGood: false, checks: [1, 0] };
    const back = await release.until('rolled back', isRolledBack, 300_000);
    expect(back.abort?.message).toContain('successCondition does not hold');
    expect(Math.max(...release.weights(bad))).toBe(20);
    const [run] = await runsOf(bed, release.scenario.name, back);
    expect(run === undefined ? undefined : metricOf(run, 'judge')?.measurements.at(-1)?.value).toBe('{"isGood":false,"checks":[1,0]}');
    expect(JSON.stringify([run, back])).not.toContain('open-sesame');
    await release.serves(good);
    await release.holds();
  });

  test('decides a run made by hand, too; loopback is refused', async ({ onTestFinished }) => {
    const judge = await aJudge(0.97, onTestFinished);
    const release = await aRelease(bed, 'c-hand', { cleanup: onTestFinished });
    const { name } = release.scenario;
    const run = (of: string, url: string) => ({
      apiVersion: 'sluice.dev/v1alpha1',
      kind: 'AnalysisRun',
      metadata: { name: of, namespace: name },
      spec: { metrics: [{ name: 'judge', thresholdRange: { min: 0.95 }, provider: { web: { url, jsonPath: '$.data' } } }] },
    });
    await bed.admin.create(run('good', judge.url));
    await bed.admin.create(run('loopback', 'http://127.0.0.1:1/'));
    const ended = (of: string) =>
      waitForObject<AnalysisRun>(
        bed.admin,
        pathOf('analysisruns', name, of),
        `${of} to end`,
        (object) => object?.status?.completedAt !== undefined,
      );
    expect((await ended('good'))?.status).toMatchObject({ phase: 'Successful' });
    const refused = (await ended('loopback'))?.status;
    expect(refused?.phase).toBe('Error');
    expect(refused?.message).toContain('the address is refused: loopback');
    await waitFor('one question', () => judge.asked.length === 1);
    await release.holds();
  });
});
