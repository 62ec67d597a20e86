// npm run bench:hooks [-- COUNT [SEED]]: malformed requests to every channel of src/server/hooks, each a seed's own; 100,000 a channel.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { seededRandom } from '../src/lib/index.ts';
import { aHookApp, startMs } from '../src/server/hooks/testing/app.ts';
import { bots, malformed } from '../src/server/hooks/testing/malformed.ts';

const count = Number(process.argv[2] ?? 100_000);
const seed = Number(process.argv[3] ?? 1);
const megabytes = () => Math.round(process.memoryUsage().rss / 1_048_576);

let isBad = false;
for (const [name, bot] of Object.entries(bots)) {
  const { post, asked, lines, app } = aHookApp();
  const random = seededRandom(seed);
  const statuses = new Map<string, number>();
  const delay = monitorEventLoopDelay({ resolution: 5 });
  let rssAtTenth = 0;
  // Of all threads: on a busy machine the loop is late for other reasons, too.
  let most = 0;
  delay.enable();
  for (let index = 0; index < count; index += 1) {
    const { kind, request } = malformed(bot, random, startMs);
    const before = process.cpuUsage();
    const { status } = await post(request);
    const { user, system } = process.cpuUsage(before);
    // The first ones compile.
    if (index > count / 10) most = Math.max(most, (user + system) / 1000);
    if (status < 400 || status >= 500) console.log(`${name} ${index} ${kind}: ${status} ${request.body.toString('base64').slice(0, 400)}`);
    statuses.set(`${status}`, (statuses.get(`${status}`) ?? 0) + 1);
    lines.length = 0;
    if (index === Math.floor(count / 10)) rssAtTenth = megabytes();
  }
  delay.disable();
  await app.close();
  const others = [...statuses].filter(([status]) => !status.startsWith('4'));
  isBad ||= others.length > 0 || asked.length > 0;
  const sums = [...statuses].toSorted().map(([status, sum]) => `${status}: ${sum}`);
  console.log(
    `${name}: ${count} malformed, ${sums.join(', ')}; ${asked.length} decisions; RSS ${rssAtTenth} -> ${megabytes()} MiB; most CPU for one ${Math.round(most)} ms, longest loop delay ${Math.round(delay.max / 1e6)} ms`,
  );
}
process.exitCode = isBad ? 1 : 0;
