import { formatDuration, unreachable } from '../../lib/index.ts';
import type { ResolvedProvider } from './question.ts';

/** What was asked, for people who want to ask it again: the query with its arguments, or what stands for one. Headers are left out, and with them every Secret. */
export function askedText(provider: ResolvedProvider): string {
  switch (provider.kind) {
    case 'prometheus':
      return provider.countQuery === undefined ? provider.query : `${provider.query}; requests: ${provider.countQuery}`;
    case 'prometheusBuiltin':
      return `builtin ${provider.builtin} of Deployment ${provider.subject.workload} over ${formatDuration(provider.windowMs)}`;
    case 'trafficMetrics': {
      const { resource, subject, value, windowMs } = provider;
      const of =
        resource === 'deployments' ? `deployments/${subject.workload}` : `trafficsplits/${subject.split}, backend ${subject.service}`;
      return `TrafficMetrics ${value} of ${of} over ${formatDuration(windowMs)}`;
    }
    case 'web':
      return `${provider.method} ${provider.url}`;
    case 'comparison':
      return `canary: ${askedText(provider.canary)}; stable: ${askedText(provider.stable)}`;
    default:
      return unreachable(provider);
  }
}
