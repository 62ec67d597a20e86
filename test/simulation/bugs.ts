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
    ...{ where: 'product', found: '`clock-back`, law I17', fix: 'ef67922' },
    what: 'after a clock was set back the background analysis counted as not due yet, and a raise passed without any evidence',
  },
  {
    ...{ where: 'product', found: '`adapter-down` in a deletion, law I6', fix: '6766642' },
    what: 'a deletion went by time alone: with the adapter of the mesh away the Service of the revision went with all traffic on it; a split that somebody edited meanwhile was left alone',
  },
  {
    ...{ where: 'product', found: '`mesh-lag`, law I6', fix: '7a7d26f' },
    what: 'after a cut that the adapter’s object confirmed pods went before proxies had followed that object',
  },
  {
    ...{ where: 'product', found: '`adapter-slow`, law I6', fix: '78ca928' },
    what: 'a weight stayed confirmed though the adapter’s object came back with an older one',
  },
  {
    ...{ where: 'product', found: '`pods-crash` in an adoption, law I5', fix: '0173c3d' },
    what: 'an adoption whose first pods went again after they had been ready still gave them all traffic',
  },
  {
    ...{ where: 'product', found: '`revert-to-stable`, law I8', fix: 'ac8acef' },
    what: 'a revision that was asked for again while it was warm was scaled down under clients of the root Service',
  },
  {
    ...{ where: 'product', found: 'an adoption and a deletion at once, lost requests', fix: '4fe7be5' },
    what: 'a deletion right after an adoption took the workload’s pods for ready that were on their way out',
  },
  {
    ...{ where: 'product', found: '`gitops-weights`, lost requests', fix: 'db36bf1' },
    what: 'a share that somebody gave to an old revision without pods was left alone after three corrections',
  },
  {
    ...{ where: 'product', found: 'clocks of the whole cluster set back, laws L6, L10', fix: 'df5f537' },
    what: 'moments that lay ahead were waited for',
  },
  {
    ...{ where: 'product', found: 'a machine that stood still, law I28', fix: '6b7bfd4' },
    what: 'a leader that a newer one had replaced wrote the status of AnalysisRuns',
  },
  {
    ...{ where: 'product', found: '`time-travel`, law I32', fix: 'c343a90' },
    what: 'a candidate went back to a lease from before its own writes, read from a server that lagged',
  },
  {
    ...{ where: 'product', found: '`stream-silent`, law I33', fix: '23e40ad' },
    what: 'a write that a deaf watch made fail was sent four times a second, for as long as it was deaf',
  },
  {
    ...{ where: 'product', found: '`event-dropped`, law L9', fix: '2f17ff0' },
    what: 'a canary that was rolled back kept its pods until the next list where the last news of its Deployment was lost',
  },
  {
    ...{ where: 'product', found: '`event-dropped`, laws L1, L4', fix: 'f23d2f0' },
    what: 'a good release was rolled back at its deadline where the last news of its pods or of the adapter’s object was lost; early progress that had not been noted doubled the deadline',
  },
  {
    ...{ where: 'product', found: 'an annotation-less split, law I33', fix: '85718e5' },
    what: 'a split without our stamp was confirmed anew with each look: 151 writes a minute',
  },
  {
    ...{ where: 'product', found: '`api-403`, law L1', fix: 'a9d0191' },
    what: 'the namespace of the lease was tried once: where it was refused at first nobody ever led',
  },
  {
    ...{ where: 'product', found: '`split-edited` and `hpa-scales`, law I5', fix: '2f32e2b' },
    what: 'a share that somebody had taken from a canary came back at once, though an autoscaler had asked for more pods than it had',
  },
  {
    ...{ where: 'product', found: '`sigterm` beside `time-travel`, law I32', fix: '68c283c' },
    what: 'a process that was told to stop while a renewal was under way, beside a server that lagged, could not give the lease back',
  },
  {
    ...{ where: 'product', found: 'an edit of `minPodsPerRevision`, law I6', fix: 'a14da96' },
    what: 'with minPodsPerRevision above replicas stable had fewer pods than a canary, from its promotion on',
  },
  {
    ...{ where: 'product', found: '`hpa-scales` in an abort, law I7', fix: '0e1e590' },
    what: 'while an abort waited for the data plane an autoscaler could take pods of stable that it had just asked for',
  },
  {
    ...{ where: 'product', found: '`admission-mutates` and a deletion, law L1', fix: '2fa4f37' },
    what: 'a deletion gave back the template for ever where a webhook had changed that of the revision when it was made',
  },
  {
    ...{ where: 'sandbox', found: '`gc-deletes-stable`, lost requests', fix: '8531d3f' },
    what: 'of two pieces of news at one moment a proxy of the sandbox could take the older one last',
  },
  {
    ...{ where: 'sandbox', found: '`recreated`, lost requests', fix: '2609335' },
    what: 'a proxy of the sandbox kept the endpoints of a Service that was made again under its name',
  },
  {
    ...{ where: 'sandbox', found: '`adapter-slow`, law I6', fix: '1f92628' },
    what: 'the Istio adapter made its object again every 100 ms while the deletion of its split was on the way',
  },
  {
    ...{ where: 'product', found: '`stream-silent`, law L9', fix: '488b53d' },
    what: 'a new leader whose watch of Deployments had been silent since its start let a good canary go for the template that it still knew',
  },
];
