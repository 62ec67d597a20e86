// What the three writes of a cut cost on this API server when nothing else is asked of it: in a row, from the bench itself, without Sluice.
import { readdirSync, readFileSync } from 'node:fs';
import type { ApiClient } from '../test/cluster/kit/client.ts';
import { percentile, sorted } from './report.ts';

export interface Floor {
  readonly kind: string;
  readonly wallMs: readonly number[];
  /** Of kube-apiserver, a write. */
  readonly cpuMs: number;
  readonly bytes: number;
}

interface Named {
  readonly metadata: { readonly name: string };
}

const rounds = 100;

/** A cut's writes, each changed a little, to objects that Sluice has let go of. */
export async function floorOf(admin: ApiClient, namespace: string): Promise<readonly Floor[]> {
  const found: Floor[] = [];
  for (const [kind, path, body] of writes(namespace)) {
    const [first] = (await admin.list<Named>(path)).items;
    if (first === undefined) continue;
    const at = `${path}/${first.metadata.name}${kind === 'trafficsplits' ? '' : '/status'}`;
    const write = (round: number) => admin.patch(at, body(round));
    for (let round = 0; round < 10; round++) await write(round);
    const wallMs: number[] = [];
    const before = cpuMsOf('kube-apiserver');
    let last: unknown;
    for (let round = 10; round < rounds + 10; round++) {
      const startedAt = performance.now();
      last = await write(round);
      wallMs.push(performance.now() - startedAt);
    }
    found.push({ kind, wallMs: sorted(wallMs), cpuMs: (cpuMsOf('kube-apiserver') - before) / rounds, bytes: JSON.stringify(last).length });
  }
  return found;
}

export const floorText = (floors: readonly Floor[]): string =>
  floors
    .map(({ kind, wallMs, cpuMs, bytes }) => {
      const wall = [50, 99].map((at) => percentile(wallMs, at).toFixed(1)).join('/');
      return `${kind} p50/p99 ${wall} ms, ${cpuMs.toFixed(1)} ms of its CPU, ${(bytes / 1_024).toFixed(1)} KiB`;
    })
    .join('; ');

type Write = readonly [kind: string, path: string, body: (round: number) => object];

const writes = (namespace: string): readonly Write[] => [
  [
    'analysisruns/status',
    `/apis/sluice.dev/v1alpha1/namespaces/${namespace}/analysisruns`,
    (round) => ({ status: { message: `round ${round}` } }),
  ],
  ['rollouts/status', `/apis/sluice.dev/v1alpha1/namespaces/${namespace}/rollouts`, (round) => ({ status: { message: `round ${round}` } })],
  [
    'trafficsplits',
    `/apis/split.smi-spec.io/v1alpha4/namespaces/${namespace}/trafficsplits`,
    (round) => ({ metadata: { annotations: { 'bench/round': String(round) } } }),
  ],
];

/** Of all processes of that name in this namespace of ours. */
function cpuMsOf(program: string): number {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .reduce((sum, pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        if (!stat.includes(`(${program.slice(0, 15)})`)) return sum;
        const [user, system] = stat
          .slice(stat.lastIndexOf(')') + 2)
          .split(' ')
          .slice(11, 13);
        // In ticks of 10 ms.
        return sum + 10 * (Number(user) + Number(system));
      } catch {
        return sum;
      }
    }, 0);
}
