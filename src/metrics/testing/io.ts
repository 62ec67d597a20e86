import type { KubeFailure } from '../../kube/failure.ts';
import { systemClock } from '../../lib/clock.ts';
import { fail } from '../../lib/result.ts';
import type { MetricIo } from '../source.ts';

const noKube: KubeFailure = { kind: 'network', message: 'no API server here' };

/** For tests: an io with nothing behind it but what is given. */
export const testIo = (given: Partial<MetricIo> = {}): MetricIo => ({
  clock: systemClock,
  kubeGet: async () => fail(noKube),
  secret: async ({ name, key }) => fail(`Secret ${name} has no key ${key}`),
  prometheusAddress: undefined,
  mesh: undefined,
  ...given,
});
