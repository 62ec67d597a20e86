import { describe, expect, test } from 'vitest';
import {
  at,
  aWorld,
  canaryRevision,
  effectsOf,
  nextRevision,
  seconds,
  stableRevision,
  t0,
  type WorldBuilder,
} from '../../../test/support/worlds.ts';
import { plan } from '../planner.ts';
import type { RootPort } from '../world.ts';

const old: readonly RootPort[] = [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 }];
const fresh: readonly RootPort[] = [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 9090, appProtocol: 'kubernetes.io/h2c' }];

const serviceWith = (ports: readonly RootPort[], portsSinceMs?: number) => ({
  service: { uid: 'svc', resourceVersion: '1', ports, ...(portsSinceMs === undefined ? {} : { portsSinceMs }) },
});
const stableHas = (world: WorldBuilder, ports: readonly RootPort[]) => world.withStable({}, serviceWith(ports));
const canaryHas = (world: WorldBuilder, ports: readonly RootPort[]) => world.withCanary({}, serviceWith(ports));

/** Which Services get which ports. */
const changes = (world: WorldBuilder) =>
  effectsOf(plan(world.build()), 'updateServicePorts').map(({ revision, ports }) => [revision, ports]);

describe('a targetPort that is changed together with the template', () => {
  const asked = stableHas(aWorld().withRootService({ ports: fresh }), old);

  test('reaches the canary’s Service before its first traffic, and never stable’s', () => {
    expect(changes(canaryHas(asked.atStep(0), old))).toEqual([[canaryRevision, fresh]]);
    expect(changes(canaryHas(asked.atStep(0), fresh))).toEqual([]);
  });

  test('and comes before the template, or alone, changes nothing', () => {
    expect(changes(asked)).toEqual([]);
    expect(plan(asked.build()).status?.message).toBe(
      `${stableRevision} has all traffic, port 80 keeps targetPort 8080, targetPort 9090 (kubernetes.io/h2c) comes with the next template`,
    );
  });

  test('does not reach a canary that has traffic, or may have it', () => {
    expect(changes(canaryHas(asked.atStep(2).withWeight(10), old))).toEqual([]);
    expect(changes(canaryHas(asked.atStep(2).withWeight(0, { isConfirmed: false, written: 10, writtenAtMs: t0 }), old))).toEqual([]);
  });

  test('does not reach a canary that was overtaken, reverted or rolled back', () => {
    for (const target of [nextRevision, stableRevision]) expect(changes(canaryHas(asked.atStep(0).withTarget(target), old))).toEqual([]);
    const rolledBack = asked.atStep(1, { phase: 'RolledBack', abort: { reason: 'AnalysisFailed', message: '', at: at(0) } });
    expect(changes(canaryHas(rolledBack, old))).toEqual([]);
  });

  test('does not reach what was stable and is still warm', () => {
    const promoted = aWorld()
      .withRootService({ ports: fresh, selector: { app: 'web', 'sluice.dev/revision': canaryRevision } })
      .withStatus({ stableRevision: canaryRevision, warm: [{ revision: stableRevision, until: at(seconds(60)) }] })
      .withTarget(canaryRevision);
    expect(changes(canaryHas(stableHas(promoted, old), fresh))).toEqual([]);
  });

  test('holds the first raise until the Service has it, and then for the data plane’s lag', () => {
    const ready = asked.atStep(0).withSteps({ setWeight: 10 });
    const waiting = plan(canaryHas(ready, old).build());
    expect(waiting.status?.weight?.desired ?? 0).toBe(0);
    expect(waiting.status?.message).toContain('gets the ports of the root Service');
    const changed = ready.withCanary({}, serviceWith(fresh, t0 - seconds(4)));
    const lagging = plan(changed.build());
    expect(lagging.status?.weight?.desired ?? 0).toBe(0);
    expect(lagging.wakeAtMs).toBe(t0 + seconds(6));
    expect(plan(changed.after(seconds(6)).build()).status?.weight?.desired).toBe(10);
  });

  test('reaches the first revision while nothing is sent to it', () => {
    const starting = stableHas(aWorld().withRootService({ ports: fresh }), old);
    const inStage = (name: string) => starting.withStatus({ phase: 'Initializing', stage: { name, since: at(0) } });
    expect(changes(inStage('Starting').withStable({ ready: 0 }, serviceWith(old)))).toEqual([[stableRevision, fresh]]);
    expect(changes(inStage('Splitting'))).toEqual([]);
  });
});

describe('a port that stable lacks', () => {
  const admin: RootPort = { name: 'admin', port: 9000, protocol: 'TCP', targetPort: 9000 };
  const [freshHttp, oldHttp] = [fresh[0] as RootPort, old[0] as RootPort];

  test('is added, and the others keep where they lead and what is spoken there', () => {
    const world = stableHas(aWorld().withRootService({ ports: [freshHttp, admin] }), old);
    expect(changes(world)).toEqual([[stableRevision, [oldHttp, admin]]]);
  });

  test('is known again under another number, by its name or by being the only one', () => {
    const renumbered = { ...freshHttp, port: 8000 };
    const moved = { ...oldHttp, port: 8000 };
    expect(changes(stableHas(aWorld().withRootService({ ports: [renumbered] }), old))).toEqual([[stableRevision, [moved]]]);
    expect(changes(stableHas(aWorld().withRootService({ ports: [renumbered, admin] }), old))).toEqual([[stableRevision, [moved, admin]]]);
    const { name: _, ...unnamed } = renumbered;
    expect(changes(stableHas(aWorld().withRootService({ ports: [unnamed] }), old))).toEqual([
      [stableRevision, [{ port: 8000, protocol: 'TCP', targetPort: 8080 }]],
    ]);
  });

  test('of another protocol is another port', () => {
    const udp: RootPort = { ...oldHttp, name: 'dns', protocol: 'UDP', targetPort: 5353 };
    expect(changes(stableHas(aWorld().withRootService({ ports: [oldHttp, udp] }), old))).toEqual([[stableRevision, [oldHttp, udp]]]);
  });
});

test('a named targetPort is each pod’s own business: the same name is no change', () => {
  const named: readonly RootPort[] = [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 'http' }];
  const world = canaryHas(stableHas(aWorld().withRootService({ ports: named }), named).atStep(0), named);
  expect(changes(world)).toEqual([]);
  expect(plan(stableHas(aWorld().withRootService({ ports: named }), named).build()).effects).toEqual([]);
});

test('what the API server fills in is no change', () => {
  const bare: readonly RootPort[] = [{ port: 80 }];
  const filled: readonly RootPort[] = [{ port: 80, protocol: 'TCP', targetPort: 80 }];
  expect(changes(canaryHas(stableHas(aWorld().withRootService({ ports: filled }), filled).atStep(0), bare))).toEqual([]);
});

test('a root Service of ours follows spec.service.ports, one of the user’s does not', () => {
  const wished = aWorld().withSpec({ service: { name: 'web', ports: [{ name: 'http', port: 80, targetPort: 9090 }] } });
  const ours = stableHas(wished.withRootService({ isOurs: true, ports: old }), old);
  expect(effectsOf(plan(ours.build()), 'updateRootPorts')).toHaveLength(1);
  const followed = [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 9090 }];
  expect(plan(stableHas(wished.withRootService({ isOurs: true, ports: followed }), followed).build()).effects).toEqual([]);
  expect(effectsOf(plan(stableHas(wished.withRootService({ ports: old }), old).build()), 'updateRootPorts')).toEqual([]);
});
