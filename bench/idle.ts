// Requests of a controller whose Rollouts are all healthy: must not grow with their number.
import { auditMark } from '../test/cluster/kit/audit.ts';
import { startController } from '../test/cluster/kit/controller.ts';
import { sleep } from '../test/cluster/kit/wait.ts';
import type { Bare } from './bare.ts';
import { countRequests, kindsText } from './counts.ts';
import { aFleet, makeNamespace } from './fleet.ts';
import { type Figure, megabytes, memoryOf, type Section, say } from './report.ts';

const seconds = 90;
const sizes = [1, 50];

export async function idleSection(bare: Bare): Promise<Section> {
  say(`idle: ${sizes.join(' and ')} Rollouts for ${seconds} s, side by side`);
  const figures = await Promise.all(sizes.map((size) => idle(bare, size)));
  return { title: `Idle for ${seconds} s`, figures };
}

async function idle({ admin, info }: Bare, size: number): Promise<Figure> {
  const namespace = `idle-${size}`;
  await makeNamespace(admin, namespace);
  const controller = await startController(admin, info, namespace, {
    leaderElection: true,
    args: ['--lease-namespace', namespace, '--log-level', 'info'],
  });
  await controller.only.waitReady();
  const fleet = await aFleet(admin, namespace, size);
  await fleet.until('healthy', ({ status }) => status?.phase === 'Healthy');
  await sleep(15_000);
  const mark = auditMark(info.auditFile);
  await sleep(seconds * 1_000);
  const counts = await countRequests({ file: info.auditFile, mark, user: controller.user });
  const rss = memoryOf(controller.only.pid(), 'VmRSS');
  fleet.stop();
  await controller.stop();
  return {
    name: `${size} healthy Rollout${size === 1 ? '' : 's'}`,
    value: `${counts.leases} lease renewals, ${counts.watches} watch restarts, ${counts.total} others`,
    goal: '0 others',
    holds: counts.total === 0,
    note: `${megabytes(rss)} resident; a lease is renewed each 2 s, a watch restarts after 4 to 8 minutes${counts.total === 0 ? '' : `; ${kindsText(counts)}`}`,
    details: { ...counts, rss },
  };
}
