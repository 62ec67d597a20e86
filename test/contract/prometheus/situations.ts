// Canaries in the situations that a rollout meets, as every mesh's proxies would count them: made by the sandbox's own ledger, scraper
// and dialects, so that what the real server is asked about is what the sandbox's clients leave behind.
import { seededRandom, VirtualClock } from '../../../src/lib/index.ts';
import { meshNames, meshTargets, Scraper, TimeSeriesStore } from '../../../src/sandbox/prometheus/index.ts';
import { type RequestBatch, RequestLedger } from '../../../src/sandbox/requests.ts';
import type { LoadedSeries } from './notation.ts';

interface Situation {
  /** Requests of the canary in the given second after the beginning. */
  readonly perSecond: (second: number) => number;
  /** Failures among a hundred. */
  readonly failing: number;
  readonly latenciesMs: readonly number[];
  /** When the canary's proxy began to count anew. */
  readonly restartsAt?: number;
}

const usual: Situation = { perSecond: () => 10, failing: 0, latenciesMs: [4, 12, 12, 28, 44, 90, 90, 180, 260, 700] };

export const situations = {
  healthy: usual,
  failing20: { ...usual, failing: 20 },
  failing100: { ...usual, failing: 100, latenciesMs: [2, 3] },
  slow: { ...usual, latenciesMs: [900, 1_100, 2_600, 4_200] },
  silentSince60: { ...usual, perSecond: (second: number) => (second < 60 ? 10 : 0) },
  neverCalled: { ...usual, perSecond: () => 0 },
  firstSample: { ...usual, perSecond: (second: number) => (second < 144 ? 0 : 10) },
  restarted: { ...usual, failing: 20, restartsAt: 117 },
} satisfies Readonly<Record<string, Situation>>;

export type SituationName = keyof typeof situations;

const lastsSeconds = 180;
const scrapedEverySeconds = 10;

/** All series of all meshes over three minutes. */
export function seriesOfSituation(name: SituationName, startMs: number): readonly LoadedSeries[] {
  const { perSecond, failing, latenciesMs, restartsAt }: Situation = situations[name];
  const clock = new VirtualClock(startMs);
  const store = new TimeSeriesStore();
  const ledger = new RequestLedger();
  // Open Service Mesh's Envoys expose what plain ones do: both at once would count everything twice.
  const targets = meshNames.filter((mesh) => mesh !== 'envoy').flatMap((mesh) => meshTargets(mesh, ledger));
  const scraper = new Scraper({ store, clock, random: seededRandom(1), targets });
  for (let second = 0; second <= lastsSeconds; second++) {
    if (second % scrapedEverySeconds === 0) for (const target of targets) scraper.scrape(target);
    if (second === restartsAt) {
      ledger.forgetPod('shop', 'web-2-a');
      ledger.forgetClient('shop', 'load');
    }
    const atMs = clock.nowMs();
    ledger.record(batch({ atMs, latencyMs: 5 + (second % 7) * 9, count: 90 }));
    for (let at = 0; at < perSecond(second); at++) {
      const isFailure = ((second * 10 + at) * 37) % 100 < failing;
      const latencyMs = latenciesMs[(second + at) % latenciesMs.length] ?? 0;
      ledger.record(batch({ ...canary, atMs, latencyMs, status: isFailure ? 503 : 200 }));
    }
    clock.jumpWall(1_000);
  }
  return [...store.all()].map(loaded);
}

const canary: Partial<RequestBatch> = { backendService: 'web-2', server: { workload: 'web-2', pod: 'web-2-a' } };

const batch = (given: Partial<RequestBatch>): RequestBatch => ({
  atMs: 0,
  namespace: 'shop',
  rootService: 'web',
  port: 80,
  split: 'web',
  backendService: 'web-1',
  server: { workload: 'web-1', pod: 'web-1-a' },
  client: { kind: 'meshed', namespace: 'shop', workload: 'load' },
  status: 200,
  latencyMs: 10,
  count: 1,
  ...given,
});

function loaded({ labels, timesMs, values, staleAtMs }: ReturnType<TimeSeriesStore['select']>[number]): LoadedSeries {
  const samples = timesMs.map((atMs, index): LoadedSeries['samples'][number] => ({ atMs, value: values[index] ?? Number.NaN }));
  const ends = staleAtMs.map((atMs): LoadedSeries['samples'][number] => ({ atMs, value: 'stale' }));
  return { labels, samples: [...samples, ...ends].sort((left, right) => left.atMs - right.atMs) };
}
