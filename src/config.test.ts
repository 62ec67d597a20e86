import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadConfig } from './config.ts';

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

describe('a wrong setting is refused with its name', () => {
  test.each([
    ['an address that is no URL', { prometheusAddress: 'prometheus:9090' }, 'prometheusAddress'],
    ['no port', { listen: 'localhost' }, 'listen'],
    ['neither true nor false', { leaderElection: 'yes' }, 'leaderElection'],
    ['no level', { logLevel: 'loud' }, 'logLevel'],
    ['a lease that would expire before it is renewed', { leaseDuration: '5s' }, 'leaseDuration'],
    ['a duration without a unit', { leaseDuration: 'soon' }, 'leaseDuration'],
    ['an unknown setting', { colour: 'red' }, 'colour'],
  ])('%s', (_, flags, named) => {
    const config = loadConfig(flags, {});
    expect(config.ok ? '' : config.failure).toContain(named);
  });

  test('a file that is not there, or no mapping', () => {
    expect(loadConfig({ config: join(folder, 'missing.yaml') }, {}).ok).toBe(false);
    expect(loadConfig({ config: file('list.yaml', '- a\n') }, {}).ok).toBe(false);
  });
});
