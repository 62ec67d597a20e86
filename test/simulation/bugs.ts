/** A bug that the hunt found: what went wrong, for whom, and what put it right. */
export interface Bug {
  readonly what: string;
  /** Of the product, or of what stands in for the world around it. */
  readonly where: 'product' | 'sandbox';
  readonly found: string;
  readonly fix: string;
}

export const bugs: readonly Bug[] = [
  {
    ...{ where: 'product', found: '`clock-back`, law I33', fix: '176f55e' },
    what: 'a clock that was set back made an analysis run write its due time with each pass: 934 writes within ten seconds',
  },
  {
    ...{ where: 'product', found: '`replicas-skewed`, lost requests', fix: 'bfe1aea' },
    what: 'with its clock ten minutes ahead the leader gave a canary its first traffic before proxies knew its pods',
  },
  {
    ...{ where: 'product', found: '`third-replica`, law L7', fix: '5e582b1' },
    what: 'after a replica with a lease of its own nobody could lead: each new leader met a higher epoch and ended',
  },
  {
    ...{ where: 'product', found: 'crashes, law L7', fix: 'becf965' },
    what: 'a standby took a free lease up to a retry period too late',
  },
  {
    ...{ where: 'product', found: '`mesh-lag`, lost requests', fix: '00c7d21' },
    what: 'adoption moved traffic to the first revision before a lagging data plane knew its pods, where the root Service stays unpinned',
  },
  {
    ...{ where: 'product', found: '`clock-jump`, laws L6, I17, I19, L10', fix: '1e07543' },
    what: 'a wall clock that jumped by an hour ended a pause early, let a raise pass on old evidence, or had a wait last an hour longer',
  },
  {
    ...{ where: 'sandbox', found: '`gc-deletes-stable`, lost requests', fix: '8531d3f' },
    what: 'of two pieces of news at one moment a proxy of the sandbox could take the older one last',
  },
  {
    ...{ where: 'sandbox', found: '`recreated`, lost requests', fix: '2609335' },
    what: 'a proxy of the sandbox kept the endpoints of a Service that was made again under its name',
  },
];
