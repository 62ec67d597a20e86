import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify from 'fastify';
import { afterAll, expect, test } from 'vitest';
import type { KubeObject } from '../../kube/index.ts';
import { fail, isObject, ok, silentLogger, VirtualClock } from '../../lib/index.ts';
import { createHooks, hookRoutes } from './index.ts';
import { channelsSchema } from './settings.ts';
import { gateStatus, startMs } from './testing/app.ts';
import type { Signed } from './testing/bots.ts';
import { keys, says, slackSigned, webhookSigned } from './testing/bots.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-hooks.'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

/** The hooks as a process has them, from settings, with an API server that knows alice. */
function fromSettings(channels: unknown, { mayGet = true } = {}) {
  const clock = new VirtualClock(startMs);
  const reviews: unknown[] = [];
  const decided: string[] = [];
  const object = (body: object): KubeObject => ({ metadata: { name: 'x' } as KubeObject['metadata'], ...body });
  const hooks = createHooks({
    channels: channelsSchema.parse(channels),
    accounts: { namespace: 'sluice-system', name: 'sluice-accounts' },
    client: {
      async raw(_, path, options) {
        reviews.push({ path, ...(isObject(options?.body) && isObject(options.body.spec) ? options.body.spec : {}) });
        // As the API server answers it: without a name.
        return ok({ kind: 'SubjectAccessReview', metadata: {}, status: { allowed: mayGet } });
      },
      async get(resource, { namespace, name }) {
        if (resource.kind === 'ConfigMap' && namespace === 'sluice-system' && name === 'sluice-accounts')
          return ok(object({ data: { 'slack.T01.U02': '{"user": "alice", "groups": ["qa"]}', 'webhook.ci.deploy-bot': 'bot' } }));
        return resource.kind === 'Rollout' && name === 'web' ? ok(object({ status: gateStatus() })) : fail({ kind: 'notFound' } as never);
      },
    },
    decider: {
      async decide(wish, { username }) {
        decided.push(`${username} ${wish.action}`);
        return ok({ namespace: wish.namespace, name: 'web-1', uid: 'u', revision: '7c9d2f41aa', attempt: 1, isRepeated: false });
      },
    },
    env: { CI_SECRET: keys.webhook },
    clock,
    log: silentLogger,
  });
  const app = fastify();
  hookRoutes(app, hooks);
  const post = async ({ url, headers, body }: Signed) => app.inject({ method: 'POST', url, headers, payload: body });
  return { post, reviews, decided };
}

const slack = { signingSecretFile: [file('old', 'an old secret\n'), file('new', `${keys.slack}\n`)] };

test('secrets come from files and variables, and one of two that change places is enough', async () => {
  const { post, decided } = fromSettings({ slack, webhooks: { ci: { secretEnv: 'CI_SECRET' } } });
  expect((await post(slackSigned('commands', says.slackCommand('approve shop/web qa'), startMs))).statusCode).toBe(200);
  expect((await post(webhookSigned(says.webhook(), startMs))).statusCode).toBe(201);
  expect(decided).toEqual(['alice Approve', 'bot Approve']);
});

test('a channel that is not configured is not there, and one whose secret is missing is closed', async () => {
  const closed = fromSettings({ slack: { signingSecretFile: join(folder, 'missing') } });
  const signed = slackSigned('commands', says.slackCommand('approve shop/web qa'), startMs);
  expect((await closed.post(signed)).statusCode).toBe(503);
  expect((await fromSettings({}).post(signed)).statusCode).toBe(404);
  expect(closed.decided).toEqual([]);
});

test('what is shown was reviewed for that very person and Rollout', async () => {
  const { post, reviews } = fromSettings({ slack });
  const shown = await post(slackSigned('commands', says.slackCommand('status shop/web'), startMs));
  expect(shown.body).toContain('shop/web: Paused');
  expect(reviews).toMatchObject([
    {
      path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      user: 'alice',
      groups: ['qa', 'system:authenticated'],
      resourceAttributes: { group: 'sluice.dev', resource: 'rollouts', verb: 'get', namespace: 'shop', name: 'web' },
    },
  ]);
});

test('who may not see a Rollout does not learn whether it is there', async () => {
  const { post } = fromSettings({ slack }, { mayGet: false });
  const [there, missing] = [
    await post(slackSigned('commands', says.slackCommand('status shop/web'), startMs)),
    await post(slackSigned('commands', says.slackCommand('status shop/gone'), startMs)),
  ];
  expect(there.body.replaceAll('web', 'gone')).toBe(missing.body);
});
