import { whyAborted } from './news.ts';
import type { Played } from './play.ts';
import { namespace } from './scene.ts';
import type { Stage } from './stage.ts';
import { counted, minutes } from './text.ts';

/** What happened and how many it hurt, in two sentences. */
export function summary({ beginnings, peaks, last, elapsedMs }: Played): readonly string[] {
  const before = beginnings.at(-1)?.requests ?? { sent: 0, failed: 0, lost: 0 };
  const sent = last.requests.sent - before.sent;
  const hurt = last.requests.failed + last.requests.lost - before.failed - before.lost;
  const share = sent === 0 ? 0 : (100 * hurt) / sent;
  const abort = last.rollout?.abort;
  const why = abort === undefined ? '' : `, ${whyAborted(abort)}`;
  return [
    `v2 was promoted through 10, 25, 50 and 100 %; v3 was rolled back at ${peaks.get('v3') ?? 0} %${why}.`,
    `v3 hurt ${counted(hurt)} of ${counted(sent)} requests (${share.toFixed(1)} %) before it was out; of all ${counted(last.requests.sent)} requests in ${minutes(elapsedMs)} none was left without an endpoint.`,
  ];
}

export const whereToGo = [
  'Next: examples/ is what was applied, README.md explains it; `npm run demo -- --hold` keeps the cluster up for kubectl and curl.',
] as const;

/** How to reach what is running, with commands that can be copied. */
export function directions(
  { apiUrl, prometheusUrl, kubeconfig }: Stage,
  { controller, outcome }: Played,
  examples: string,
): readonly string[] {
  const query = encodeURIComponent('sum by (deployment, classification) (rate(response_total{direction="inbound"}[5s]))');
  return [
    outcome.kind === 'wrong'
      ? 'It came out wrong, and stays up to be looked at until Ctrl-C, which ends it with exit code 1. In another terminal:'
      : 'The cluster stays up until Ctrl-C. In another terminal:',
    '',
    `  export KUBECONFIG=${kubeconfig}`,
    '  kubectl get rollouts,deployments,services,trafficsplits',
    '  kubectl describe rollout web',
    '  kubectl get events --sort-by=.metadata.creationTimestamp',
    `  kubectl apply --server-side --force-conflicts --field-manager=kubectl -f ${examples}/v2-good.yaml    # back to the good one`,
    `  kubectl apply --server-side --force-conflicts --field-manager=kubectl -f ${examples}/v3-bad.yaml     # and the bad one again`,
    '',
    `  curl ${apiUrl}/apis/sluice.dev/v1alpha1/namespaces/${namespace}/rollouts/web`,
    `  curl '${prometheusUrl}/api/v1/query?query=${query}'`,
    `  curl ${controller?.url ?? ''}/metrics`,
    `  tail -f ${controller?.logFile ?? ''}`,
  ];
}
