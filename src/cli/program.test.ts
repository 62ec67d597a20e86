import { afterEach, describe, expect, test, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { runCli } from './program.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** What the program prints, and its exit code. */
async function run(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const written = { out: '', err: '' };
  const into = (name: keyof typeof written) => (text: string | Uint8Array) => {
    written[name] += String(text);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(into('out'));
  vi.spyOn(process.stderr, 'write').mockImplementation(into('err'));
  const code = await runCli(args);
  return { code, ...written };
}

describe('the version', () => {
  test.each(['version', '--version'])('%s prints it', async (arg) => {
    expect(await run(arg)).toEqual({ code: 0, out: 'sluice dev\n', err: '' });
  });
});

describe('render', () => {
  const kindsIn = (text: string) => parseAllDocuments(text).map((document) => String(document.get('kind')));

  test.each([
    ['crds', 'CustomResourceDefinition', 5],
    ['rbac', 'ClusterRole', 6],
    ['template', 'ClusterAnalysisTemplate', 18],
  ])('%s prints manifests', async (what, kind, count) => {
    const { code, out } = await run('render', what);
    expect(code).toBe(0);
    expect(kindsIn(out).filter((each) => each === kind)).toHaveLength(count);
  });

  test.each(['Shop', 'a.b', '', '-a', 'x'.repeat(64)])('rbac in a namespace that cannot be is refused: %j', async (name) => {
    const { code, out, err } = await run('render', 'rbac', `--namespace=${name}`);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(`${JSON.stringify(name)} is no name of a namespace`);
  });

  test('template of one mesh prints its two', async () => {
    const { out } = await run('render', 'template', 'linkerd');
    expect(parseAllDocuments(out).map((document) => document.getIn(['metadata', 'name']))).toEqual([
      'success-rate-linkerd',
      'latency-p99-linkerd',
    ]);
  });

  test('template of a mesh that there is none for says which there are', async () => {
    const { code, out, err } = await run('render', 'template', 'kuma');
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/no templates for kuma; there are some for builtin, linkerd/);
  });
});
