// The newest majors have left Node 20: what package.json pins must load on whatever Node runs this, and alone.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  overrides: Record<string, unknown>;
};

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, { version?: string; engines?: { node?: string } }>;
};
const packages = Object.entries(lock.packages);

/** The smallest major among the alternatives of a range: `^20.17.0 || >=22` is 20. */
const leastMajor = (range = ''): number => Math.min(...range.split('||').map((one) => Number(/\d+/.exec(one)?.[0] ?? 0)));

/** Packages without a root module: the entry that we use. */
const entries: Readonly<Record<string, string>> = { '@noble/hashes': '@noble/hashes/sha2.js' };

describe('dependencies', () => {
  test.each(Object.keys(manifest.dependencies).map((name) => entries[name] ?? name))('%s loads on this Node', (name) => {
    expect(() =>
      execFileSync(process.execPath, ['--input-type=module', '-e', `await import(${JSON.stringify(name)})`], { stdio: 'pipe' }),
    ).not.toThrow();
  });

  test('every version is pinned', () => {
    const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  test('one undici, of the major that Node 20 can load', () => {
    const found = packages.filter(([path]) => path.endsWith('node_modules/undici'));
    expect(found.map(([, { version }]) => version)).toEqual([manifest.dependencies.undici]);
  });

  test('nothing of the lock file asks for a newer Node than we do', () => {
    const asking = packages.map(([path, { engines }]) => [path, leastMajor(engines?.node)] as const);
    expect(asking.filter(([, major]) => major > 20)).toEqual([]);
  });
});
