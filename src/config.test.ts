import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadConfig, settingKeys } from './config.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-config.'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const loaded = (flags: Parameters<typeof loadConfig>[0], env: Readonly<Record<string, string>> = {}) => {
  const config = loadConfig(flags, env);
  if (!config.ok) throw new Error(config.failure);
  return config.value;
};

describe('settings', () => {
  test('have the defaults of the contract', () => {
    expect(loaded({})).toMatchObject({
      listen: '127.0.0.1:8080',
      leaderElection: true,
      namespaces: [],
      leaseNamespace: 'sluice-system',
      logLevel: 'info',
    });
  });

  test('of a flag win over the environment, and those over the file', () => {
    const config = file('all.yaml', 'listen: 0.0.0.0:1\nlogLevel: warn\nclusterDomain: example.org\n');
    const settings = loaded({ config, listen: '0.0.0.0:3' }, { SLUICE_LISTEN: '0.0.0.0:2', SLUICE_LOG_LEVEL: 'error' });
    expect(settings).toMatchObject({ listen: '0.0.0.0:3', logLevel: 'error', clusterDomain: 'example.org' });
  });

  test('come from SLUICE_*, named like the flags', () => {
    const env = { SLUICE_NAMESPACE: 'shop,bank', SLUICE_LEADER_ELECTION: 'false', SLUICE_PROMETHEUS_ADDRESS: 'http://prometheus:9090' };
    expect(loaded({}, env)).toMatchObject({
      namespaces: ['shop', 'bank'],
      leaderElection: false,
      prometheusAddress: 'http://prometheus:9090',
    });
  });

  test('give each start of a process an identity of its own', () => {
    expect(loaded({ identity: 'web-0' }).identity).not.toBe(loaded({ identity: 'web-0' }).identity);
  });
});

describe('chat and notifications', () => {
  test('come from the file, each secret by its place', () => {
    const config = file(
      'chat.yaml',
      [
        'channels:',
        '  slack: {signingSecretFile: [/s/new, /s/old]}',
        '  discord: {publicKey: d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a}',
        '  webhooks: {ci: {secretEnv: CI_SECRET}}',
        'notifications:',
        '- {name: ops, sink: slack, tokenFile: /s/token, channel: C0123}',
      ].join('\n'),
    );
    const { channels, notifications } = loaded({ config });
    expect(channels.slack?.secret).toEqual({ files: ['/s/new', '/s/old'], variables: [] });
    expect(channels.webhooks?.ci?.secret).toEqual({ files: [], variables: ['CI_SECRET'] });
    expect(notifications).toMatchObject([{ name: 'ops', sink: 'slack', channel: 'C0123', tokenSource: { files: ['/s/token'] } }]);
  });

  test.each(['chat', 'notifications'])('the example of docs/%s.md is taken', (page) => {
    const text = readFileSync(join(import.meta.dirname, `../docs/${page}.md`), 'utf8');
    const example = /```yaml\n(# --config\n[\s\S]*?)```/.exec(text)?.[1] ?? '';
    const settings = loaded({ config: file(`${page}.yaml`, example) });
    expect([Object.keys(settings.channels).length, settings.notifications.length]).toEqual(page === 'chat' ? [5, 0] : [0, 5]);
  });

  test('come from a variable as YAML or JSON', () => {
    const env = { SLUICE_NOTIFICATIONS: '[{"name": "am", "sink": "alertmanager", "url": "http://alertmanager:9093"}]' };
    expect(loaded({}, env).notifications).toMatchObject([{ name: 'am', events: ['rolledBack', 'stuck'] }]);
  });

  test.each([
    ['channels: {slack: {}}', 'channels.slack: needs signingSecretFile or signingSecretEnv'],
    ['channels: {slack: {signingSecret: hunter2}}', 'channels.slack: '],
    ['channels: {discord: {publicKey: abc}}', 'channels.discord.publicKey: '],
    ['channels: {irc: {}}', 'channels: '],
    ['notifications: [{name: a, sink: slack, url: "https://hooks.slack.com/x"}]', 'notifications[0]: the address of slack is a secret'],
    ['notifications: [{name: a, sink: slack, tokenFile: /t}]', 'notifications[0]: slack with a token needs the id of a channel'],
    ['notifications: [{name: a, sink: webhook}]', 'notifications[0]: webhook needs urlFile or urlEnv, or url'],
    [
      'notifications: [{name: a, sink: teams, urlFile: /a}, {name: a, sink: teams, urlFile: /b}]',
      'notifications: must have different names',
    ],
    [
      'notifications: [{name: a, sink: alertmanager, url: "http://a", events: [gate]}]',
      'notifications: alertmanager is told of rolledBack and stuck only',
    ],
    ['notifications: [{name: a, sink: webhook, url: "file:///etc/passwd"}]', 'notifications[0].url: must be an http or https URL'],
  ])('%s is refused', (text, problem) => {
    const config = file('wrong-chat.yaml', text);
    const said = refused({ config });
    expect(said).toContain(problem);
    expect(said).not.toContain('hunter2');
  });
});

test('docs/settings.md lists every key of the file, with its default, and no other', () => {
  const text = readFileSync(join(import.meta.dirname, '../docs/settings.md'), 'utf8');
  const rows = [...text.matchAll(/^\| `(\w+)` \| `(SLUICE_\w+)` \| (.*?) \|/gm)].map(([, key = '', variable = '', fallback = '']) => ({
    key,
    variable,
    fallback,
  }));
  expect(rows.map(({ key }) => key)).toEqual(settingKeys);
  const defaults = loaded({}) as unknown as Readonly<Record<string, unknown>>;
  for (const { key, variable, fallback } of rows) {
    const plain = /^`(.*)`$/.exec(fallback)?.[1];
    if (plain === undefined) continue;
    const given = { [variable]: plain };
    expect([key, (loaded({}, given) as unknown as Readonly<Record<string, unknown>>)[key]]).toEqual([key, defaults[key]]);
  }
});

const refused = (flags: Parameters<typeof loadConfig>[0], env: Readonly<Record<string, string>> = {}): string => {
  const config = loadConfig(flags, env);
  return config.ok ? 'taken' : config.failure;
};

describe('windows', () => {
  const weekend = { kind: 'Deny', schedule: '0 17 * * 5', duration: 63 * 3_600_000, timeZone: 'Europe/Berlin' };
  test('are written as in a Rollout, in the file or in the variable', () => {
    const config = file('windows.yaml', "windows:\n- {kind: Deny, schedule: '0 17 * * 5', duration: 63h, timeZone: Europe/Berlin}\n");
    expect(loaded({ config }).windows).toEqual([weekend]);
    const SLUICE_WINDOWS = '[{"kind":"Deny","schedule":"0 17 * * 5","duration":"63h","timeZone":"Europe/Berlin"}]';
    expect(loaded({}, { SLUICE_WINDOWS }).windows).toEqual([weekend]);
    expect(loaded({}).windows).toEqual([]);
  });
  test.each([
    ["{kind: Deny, schedule: '0 0 30 2 *', duration: 1h}", 'windows[0].schedule: never comes'],
    ["{kind: Deny, schedule: '0 25 * * 5', duration: 1h}", 'windows[0].schedule: is no cron schedule'],
    ["{kind: Deny, schedule: '0 17 * * 5', duration: 1h, timeZone: Mars/Olympus}", 'windows[0].timeZone: "Mars/Olympus" is no time zone'],
    ["{kind: Freeze, schedule: '0 17 * * 5', duration: 1h}", 'windows[0].kind: '],
    ["{kind: Deny, schedule: '0 17 * * 5'}", 'windows[0].duration: '],
  ])('%s is refused with its path', (window, message) => {
    const config = file('wrong-windows.yaml', `windows:\n- ${window}\n`);
    expect(refused({ config })).toContain(`${config}: ${message}`);
  });
});

describe('a wrong setting is refused by the name that it was given by', () => {
  test.each([
    ['an address that is no URL', { prometheusAddress: 'prometheus:9090' }, '--prometheus-address: must be an http or https URL'],
    ['no port', { listen: 'localhost' }, '--listen: must be HOST:PORT'],
    ['a port that there is not', { listen: '127.0.0.1:99999' }, '--listen: must have a port of at most 65535'],
    ['neither true nor false', { leaderElection: 'yes' }, '--leader-election: must be true or false'],
    ['no level', { logLevel: 'loud' }, '--log-level: '],
    ['a namespace that is none', { namespaces: 7 }, '--namespace: '],
    ['a mode that there is not', { mode: 'half' }, '--mode: '],
    ['a certificate without its key', { tlsCertFile: 'tls.crt' }, '--tls-cert-file and tlsKeyFile go together'],
  ])('a flag: %s', (_, flags, named) => expect(refused(flags)).toContain(named));

  test.each([
    ['no port', { SLUICE_LISTEN: 'localhost' }, 'SLUICE_LISTEN: must be HOST:PORT'],
    ['a duration without a unit', { SLUICE_LEASE_DURATION: 'soon' }, 'SLUICE_LEASE_DURATION: must be a duration such as 15s'],
    ['no time between attempts', { SLUICE_RETRY_PERIOD: '0s' }, 'SLUICE_RETRY_PERIOD must be positive'],
    ['a lease of parts of a second', { SLUICE_LEASE_DURATION: '15500ms' }, 'SLUICE_LEASE_DURATION must be whole seconds'],
    ['no audience', { SLUICE_API_AUDIENCES: ',' }, 'SLUICE_API_AUDIENCES: needs at least one audience'],
    ['no connections', { SLUICE_MAX_CONNECTIONS: '0' }, 'SLUICE_MAX_CONNECTIONS: '],
    ['attempts too far apart', { SLUICE_RETRY_PERIOD: '5s' }, 'renewDeadline must exceed twice SLUICE_RETRY_PERIOD'],
    ['a lease that would expire before it is renewed', { SLUICE_LEASE_DURATION: '5s' }, 'SLUICE_LEASE_DURATION must exceed renewDeadline'],
  ])('a variable: %s', (_, env, named) => expect(refused({}, env)).toContain(named));

  test('of a file, every one of them, with the file', () => {
    const config = file('wrong.yaml', 'listen: localhost\ncolour: red\n');
    expect(refused({ config }).split('\n').toSorted()).toEqual([
      `${config}: colour: is no setting; there are ${settingKeys.join(', ')}`,
      `${config}: listen: must be HOST:PORT`,
    ]);
  });

  test.each([
    ['namespace', 'namespaces'],
    ['prometheus-address', 'prometheusAddress'],
    ['log', 'logLevel'],
    ['retryPeriode', 'retryPeriod'],
  ])('a key that is nearly right is told of the right one: %s', (key, meant) => {
    const config = file('nearly.yaml', `${key}: x\n`);
    expect(refused({ config })).toContain(`${key}: is no setting; did you mean ${meant}`);
  });

  test('a file that is not there, or no mapping', () => {
    expect(loadConfig({ config: join(folder, 'missing.yaml') }, {}).ok).toBe(false);
    expect(loadConfig({ config: file('list.yaml', '- a\n') }, {}).ok).toBe(false);
  });
});
