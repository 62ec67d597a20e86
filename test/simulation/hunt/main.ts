// The hunt: plays the controller beside the sandbox, over and over, with faults, until a law is broken. See `usage`.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { type Plan, planText } from '../play/plan.ts';
import { type Hunted, hunt, shrunkText } from './hunt.ts';
import { type HuntOptions, huntOptions, sampleArguments, usage } from './options.ts';
import { playBeside } from './reference.ts';
import { writeReport } from './report.ts';
import { lawText, number, tallyText } from './show.ts';
import { work } from './worker.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const print = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    print(usage);
    return 0;
  }
  const options = huntOptions(args);
  if (options.replay !== undefined) return replay(options.replay);
  say(
    `first seed ${options.firstSeed}; stages ${options.stages.join(', ')}; ${options.workloads.length} workloads; ${options.workers} threads`,
  );
  const hunted = await hunt(options, fileURLToPath(import.meta.url), say);
  print(`${tallyText(hunted.tally, hunted.wallMs)}`);
  if (hunted.tally.found.length > 0) print(`\n${shrunkText(hunted.shrunk)}\n\n${otherPlans(hunted)}`);
  writeResults(hunted);
  if (options.writesReport) writeReport(options, hunted);
  print(`\nagain: npm run simulate:hunt -- --first ${options.firstSeed}${seedsArgument(options)}${sampleArguments(options)}`);
  return hunted.tally.found.length === 0 ? 0 : 1;
}

const seedsArgument = ({ seeds }: HuntOptions): string => (Number.isFinite(seeds) ? ` --seeds ${seeds}` : '');

async function replay(plan: Plan): Promise<number> {
  const { violations, hash, requests, struck } = await playBeside(plan, { onLine: print });
  print(`${number(requests.sent)} requests, ${number(requests.lost)} lost; faults ${JSON.stringify(struck)}; hash ${hash}`);
  for (const { law, what } of violations) print(`VIOLATION of ${law}: ${lawText(law)}\n  ${what}`);
  return violations.length === 0 ? 0 : 1;
}

/** Every plan that broke a law, so that none is lost. */
function otherPlans({ tally }: Hunted): string {
  return tally.found
    .slice(0, 200)
    .map(({ stage, plan, violation }) => `${stage} ${violation.law} ${planText(plan)}`)
    .join('\n');
}

/** For .ci/run, which adds up the figures of all suites: each workload in each stage is a test. */
function writeResults({ tally }: Hunted): void {
  const file = process.env.SLUICE_TEST_RESULTS;
  if (file === undefined) return;
  const tests = [...tally.tests.values()];
  const numFailedTests = tests.filter(({ violations }) => violations > 0).length;
  writeFileSync(file, JSON.stringify({ numPassedTests: tests.length - numFailedTests, numFailedTests }));
}

if (isMainThread) {
  process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
    say(error instanceof Error ? `${error.message}\n\n${usage}` : String(error));
    return 2;
  });
} else work();
