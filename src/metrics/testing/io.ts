import type { KubeFailure } from '../../kube/failure.ts';
import { systemClock } from '../../lib/clock.ts';
import { fail } from '../../lib/result.ts';
import type { MetricIo } from '../source.ts';
import { type WebExchange, webExchange } from '../web-http.ts';

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

/** For tests: whatever host a template names is the test's own server, on an address that a template may not name. */
export const toTestServer =
  (serverUrl: string): WebExchange =>
  (call, signal) =>
    webExchange({ ...call, url: new URL(`${call.url.pathname}${call.url.search}`, serverUrl), isTrusted: true }, signal);
