import { defineConfig } from 'vitest/config';

/** .ci/run asks for the figures of each suite in a file, to add them up. */
const results = process.env.SLUICE_TEST_RESULTS;

/** Those of test/cluster that run on the sandbox, too; which do not, and why, is in test/cluster/README.md. */
const onSandbox = [
  'release',
  'verdicts',
  'steps',
  'decisions',
  'pods',
  'churn',
  'deletion',
  'adoption',
  'contention',
  'config',
  'autoscaler',
  'confirmation',
  'restarts',
  'leaders',
  'stops',
  'clocks',
  'news',
  'refusals',
  'versions',
  'ports',
  'kinds',
  'permissions',
  'mesh',
  'bed',
  'cli',
];

export default defineConfig({
  test: {
    reporters: results === undefined ? ['default'] : ['default', ['json', { outputFile: results }]],
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'src/**/*.test.ts',
            'test/*.test.ts',
            'test/golden/**/*.test.ts',
            'test/contract/**/*.test.ts',
            'test/simulation/**/*.test.ts',
          ],
          exclude: ['test/cluster/**', 'node_modules/**'],
          pool: 'threads',
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          globalSetup: ['test/cluster/kit/global-setup.ts'],
          pool: 'threads',
          testTimeout: 2_400_000,
          hookTimeout: 2_400_000,
        },
      },
      {
        // The same scenarios on the sandbox.
        test: {
          name: 'sandbox',
          include: onSandbox.map((name) => `test/cluster/${name}.test.ts`),
          globalSetup: ['test/cluster/kit/sandbox/global-setup.ts'],
          pool: 'threads',
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
