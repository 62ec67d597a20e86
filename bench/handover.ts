// How long nobody leads: two replicas, the leader told to stop, or killed.
import type { Bed } from '../test/cluster/kit/bed.ts';
import type { Replica } from '../test/cluster/kit/controller.ts';
import { waitFor } from '../test/cluster/kit/wait.ts';
import type { Figure, Section } from './report.ts';
import { say } from './report.ts';

export async function handoverSection(bed: Bed): Promise<Section> {
  const figures: Figure[] = [];
  for (const [signal, goal] of [
    ['SIGTERM', 2_000],
    ['SIGKILL', 12_000],
  ] as const) {
    say(`hand-over by ${signal}`);
    const scenario = await bed.namespace(`b-${signal.toLowerCase()}`, { mode: 'none' });
    const controller = await scenario.controller({ replicas: 2, args: ['--lease-namespace', scenario.name, '--log-level', 'info'] });
    await Promise.all(controller.replicas.map((replica) => replica.waitReady()));
    const leader = await waitFor('a leader', () => controller.replicas.find(leads));
    const next = controller.replicas.find((replica) => replica !== leader);
    const startedAt = performance.now();
    leader.kill(signal);
    await waitFor('the next leader', () => next !== undefined && leads(next), { everyMs: 20 });
    const ms = performance.now() - startedAt;
    figures.push({
      name: `leader gone by ${signal} to the next leader`,
      value: `${(ms / 1_000).toFixed(2)} s`,
      goal: `<= ${goal / 1_000} s (performance.md 5.5)`,
      holds: ms <= goal,
      note: 'lease of 15 s, looked at every 2 s (defaults); one run; by the line "leadership acquired" of its log',
      details: { ms },
    });
    await scenario.dispose();
  }
  return { title: 'Hand-over', figures };
}

const leads = (replica: Replica): boolean => replica.log().includes('leadership acquired');
