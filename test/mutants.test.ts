// The table of planted faults must fit the code: a fault whose line is gone would never be planted. And a verdict must not take any failure for a catch.
import { readFileSync } from 'node:fs';
import { transformSync } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { mutants } from './cluster/mutants.table.ts';
import { type Report, verdictOf } from './cluster/mutants.verdict.ts';

test.each(mutants)('$name: its line is there, once, it can be planted, and its scenario is there', ({ file, from, to, ...rest }) => {
  const parts = readFileSync(file, 'utf8').split(from);
  expect(parts).toHaveLength(2);
  expect(transformSync(parts.join(to), { loader: 'ts' }).code).not.toBe('');
  // Names made from a table have their last words from there.
  expect(readFileSync(`test/cluster/${rest.test}.test.ts`, 'utf8')).toContain(rest.scenario.split(' ').slice(0, 2).join(' '));
});

test('names tell mutants apart', () => {
  const names = mutants.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

describe('the verdict on a mutant', () => {
  const mutant = { scenario: 'is rolled back', says: /Rollout web rolled back/ };
  const reportOf = (status: string, ...failureMessages: string[]): Report => ({
    testResults: [
      {
        assertionResults: [
          { fullName: 'releases another', status: 'skipped' },
          { fullName: 'releases is rolled back', status, failureMessages },
        ],
      },
    ],
  });

  test('is caught where the scenario fails at the assertion that the fault is there for', () => {
    const report = reportOf('failed', 'Error: waited 75000 ms for: Rollout web rolled back; last seen: {}\n    at until (release.ts:1:1)');
    expect(verdictOf(mutant, report)).toEqual({
      kind: 'caught',
      detail: 'Error: waited 75000 ms for: Rollout web rolled back; last seen: {}',
    });
  });

  test('is caught where that is not the only thing that failed', () => {
    expect(verdictOf(mutant, reportOf('failed', 'Error: other', 'Error: Rollout web rolled back')).kind).toBe('caught');
  });

  test.each([
    ['another assertion', 'AssertionError: expected 1 to be 2'],
    ['the bed', 'Error: waited 120000 ms for: the default service account of web; last: the answer was never yes'],
    ['a mutant that does not start', 'Error: controller-web-0 ended before it was ready:\nSyntaxError'],
    ['vitest’s own time-out', 'Error: Test timed out in 2400000ms.'],
    ['words of the stack', 'Error: other\n    at Rollout web rolled back (release.ts:1:1)'],
  ])('is no catch where %s failed', (_, message) => {
    expect(verdictOf(mutant, reportOf('failed', message)).kind).toBe('otherwise');
  });

  test('is a survivor where the scenario passes', () => expect(verdictOf(mutant, reportOf('passed')).kind).toBe('survived'));

  test.each<[string, Report | undefined]>([
    ['left no report', undefined],
    ['could not load its file', { testResults: [{ message: 'ENOENT', assertionResults: [] }] }],
    ['found no test of that name', reportOf('skipped')],
    [
      'found two',
      {
        testResults: [
          {
            assertionResults: ['a', 'b'].map((fullName) => ({ fullName, status: 'failed', failureMessages: ['Rollout web rolled back'] })),
          },
        ],
      },
    ],
  ])('is broken where vitest %s', (_, report) => expect(verdictOf(mutant, report).kind).toBe('broken'));
});
