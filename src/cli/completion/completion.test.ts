import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aBench, aRollout, type Bench, put, runWith } from '../testing/bench.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await aBench();
  const gates = [
    { name: 'qa', id: '1', state: 'Open', openedAt: '2026-01-01T00:00:00.000Z', needs: 2, approvals: [] },
    { name: 'perf', id: '2', state: 'Approved', openedAt: '2026-01-01T00:00:00.000Z', needs: 1, approvals: [] },
  ];
  const [startedAt, finishedAt] = ['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:01.000Z'];
  put(bench, aRollout('web', { status: { gates, history: [{ revision: '6d5f0c9b1e', startedAt, finishedAt, outcome: 'Promoted' }] } }));
  put(bench, aRollout('api'));
});
afterEach(() => bench.close());

const completed = async (...words: readonly string[]) => (await bench.run(['__complete', ...words])).out.trimEnd().split('\n');

test.each([
  ['names of Rollouts', ['status', ''], ['api\tPaused', 'web\tPaused', ':4']],
  ['in another namespace', ['status', '-n', 'default', ''], [':4']],
  ['the gates that are open', ['approve', 'web', ''], ['qa\tqa (0 of 2 approvals)', ':4']],
  ['after an option with a value', ['approve', '--reason', 'x', 'web', ''], ['qa\tqa (0 of 2 approvals)', ':4']],
  ['revisions of the history', ['undo', 'web', '--to', ''], ['6d5f0c9b1e\tPromoted 2026-01-01T00:00:01.000Z', ':4']],
  ['outputs', ['get', '-o', ''], ['wide', 'json', 'yaml', 'name', ':4']],
  ['contexts', ['get', '--context', ''], ['bench', ':4']],
  ['files', ['simulate', '-f', ''], [':0']],
  ['shells', ['completion', ''], ['bash', 'zsh', 'fish', 'kubectl', ':4']],
  ['nothing that takes no more', ['status', 'web', ''], [':4']],
])('%s', async (_case, words, candidates) => {
  expect(await completed(...words)).toEqual(candidates);
});

test('commands and options come with what they do', async () => {
  expect(await completed('')).toContain('approve\tApprove an open gate, as yourself.');
  expect(await completed('render', '')).toContain('crds\tThe custom resource definitions.');
  expect(await completed('status', '--')).toContain('--timeout\twait no longer than this; implies --wait');
});

test('where no cluster can be asked there is nothing, and no complaint', async () => {
  await bench.stop();
  expect(await bench.run(['__complete', 'status', ''])).toEqual({ code: 0, out: ':4\n', err: '' });
  expect(await runWith(['__complete', 'status', '--kubeconfig', '/nowhere', ''])).toEqual({ code: 0, out: ':4\n', err: '' });
});

describe('what shells are given', () => {
  test('bash completes by it', async () => {
    const { out: script } = await runWith(['completion', 'bash']);
    const folder = mkdtempSync(join(tmpdir(), 'sluice-completion-'));
    writeFileSync(join(folder, 'script'), script);
    const answer =
      'sluice() { [ "$1 $2 $3 $4" = "__complete status -n w" ] && printf "web\\tPaused\\nweb-2\\tHealthy\\napi\\tHealthy\\n:4\\n"; }';
    const typed = 'COMP_WORDS=(sluice status -n w); COMP_CWORD=3; _sluice; printf "%s\\n" "${COMPREPLY[@]}"';
    const out = execFileSync('bash', ['-c', `source ${folder}/script; ${answer}; ${typed}`], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    expect(out).toBe('web\nweb-2\n');
  });

  test.each(['zsh', 'fish', 'kubectl'])('%s has a script that asks the program', async (shell) => {
    expect((await runWith(['completion', shell])).out).toContain(' __complete ');
  });

  test('another shell is no shell', async () => {
    expect((await runWith(['completion', 'tcsh'])).code).toBe(2);
  });
});

describe('the version', () => {
  test('of the server, where it is asked for', async () => {
    expect(await bench.run(['version', '--server'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^sluice dev\nKubernetes v\S+ at http:\S+, serves sluice.dev\/v1alpha1\n$/) as string,
    });
    expect(JSON.parse((await bench.run(['version', '--server', '-o', 'json'])).out)).toMatchObject({ client: 'dev', serves: true });
  });

  test('of a server that is not there: the client’s, and why', async () => {
    await bench.stop();
    expect(await bench.run(['version', '--server'])).toMatchObject({ code: 1, out: 'sluice dev\n' });
  });
});
