import { app, namespace, type Scene } from './scene.ts';

/** What the demo does and what must come of it. */
export interface Part {
  readonly title: string;
  readonly acts: readonly Act[];
}

export type Act =
  /** A file of the folder of examples. */
  | { readonly kind: 'apply'; readonly file: string; readonly says: string }
  | { readonly kind: 'load' }
  | { readonly kind: 'controller' }
  | Expectation;

export interface Expectation {
  readonly kind: 'expect';
  readonly what: string;
  /** A judge of its own for each time: it may remember what it has seen. */
  readonly judge: () => Judge;
}

export type Judge = (scene: Scene) => Verdict;
/** `wrong`: it can never come any more. */
export type Verdict = { readonly kind: 'not yet' } | { readonly kind: 'met' } | { readonly kind: 'wrong'; readonly why: string };

const notYet: Verdict = { kind: 'not yet' };
const met: Verdict = { kind: 'met' };
const wrong = (why: string): Verdict => ({ kind: 'wrong', why });
const metIf = (holds: boolean): Verdict => (holds ? met : notYet);

export const requestsPerSecond = 200;

export const story: readonly Part[] = [
  {
    title: 'v1 is a plain Deployment; a Rollout takes it over under load',
    acts: [
      { kind: 'apply', file: 'app.yaml', says: 'applied examples/app.yaml: Deployment web (v1) and its Service' },
      { kind: 'expect', what: 'the pods of v1 are ready and the Service finds them', judge: () => podsReady },
      { kind: 'load' },
      {
        kind: 'expect',
        what: 'v1 answers the clients',
        judge:
          () =>
          ({ requests }) =>
            metIf(requests.sent >= 2 * requestsPerSecond),
      },
      { kind: 'apply', file: 'analysis.yaml', says: 'applied examples/analysis.yaml: success rate and p99, asked of Prometheus' },
      { kind: 'apply', file: 'rollout.yaml', says: 'applied examples/rollout.yaml: 10, 25, 50, 100 %' },
      { kind: 'controller' },
      { kind: 'expect', what: 'the Rollout has taken v1 over', judge: () => promoted('v1') },
      { kind: 'expect', what: 'v1 gets every request', judge: () => onlyServes('v1') },
    ],
  },
  {
    title: 'v2 is a good release: step by step to 100 %',
    acts: [
      { kind: 'apply', file: 'v2-good.yaml', says: 'applied examples/v2-good.yaml' },
      { kind: 'expect', what: 'v2 is on its way', judge: () => canaryIs('v2') },
      { kind: 'expect', what: 'v2 is promoted', judge: () => promoted('v2') },
      { kind: 'expect', what: 'v2 gets every request', judge: () => onlyServes('v2') },
    ],
  },
  {
    title: 'v3 is a bad release: every third request fails',
    acts: [
      { kind: 'apply', file: 'v3-bad.yaml', says: 'applied examples/v3-bad.yaml' },
      { kind: 'expect', what: 'v3 is on its way', judge: () => canaryIs('v3') },
      { kind: 'expect', what: 'v3 is rolled back by its analysis', judge: () => rolledBack('v3', 'v2') },
      { kind: 'expect', what: 'v2 gets every request again', judge: () => onlyServes('v2') },
    ],
  },
];

const podsReady: Judge = ({ endpoints }) => metIf(endpoints > 0);

const versionAt = ({ revisions }: Scene, revision: string | undefined): string | undefined =>
  revisions.find((each) => each.revision === revision && revision !== undefined)?.version;

function canaryIs(version: string): Judge {
  return (scene) => metIf(versionAt(scene, scene.rollout?.canary) === version);
}

function promoted(version: string): Judge {
  return (scene) => {
    const { rollout } = scene;
    if (rollout?.phase === 'RolledBack' || rollout?.phase === 'Aborting')
      return wrong(`it was rolled back: ${rollout.abort?.reason}: ${rollout.abort?.message}`);
    return metIf(rollout?.phase === 'Healthy' && versionAt(scene, rollout.stable) === version);
  };
}

function rolledBack(version: string, stable: string): Judge {
  return (scene) => {
    const { rollout } = scene;
    if (versionAt(scene, rollout?.stable) === version) return wrong(`${version} was promoted`);
    if (rollout?.phase === 'Healthy') return wrong(`${version} is gone, and was never rolled back`);
    if (rollout?.phase !== 'RolledBack') return notYet;
    if (rollout.abort?.reason !== 'AnalysisFailed') return wrong(`the reason is ${rollout.abort?.reason}: ${rollout.abort?.message}`);
    return versionAt(scene, rollout.stable) === stable ? met : wrong(`stable is ${versionAt(scene, rollout.stable)}`);
  };
}

/** So many requests in a row reached this version and nobody else. */
function onlyServes(version: string): Judge {
  let since: Scene | undefined;
  const othersOf = ({ requests }: Scene, own: number) => requests.sent - own;
  const ownOf = (scene: Scene) => scene.revisions.find((each) => each.version === version && each.revision !== '');
  return (scene) => {
    const own = ownOf(scene);
    if (own === undefined || own.weight !== 100) return notYet;
    const before = since === undefined ? undefined : ownOf(since)?.requests.sent;
    if (since === undefined || before === undefined || othersOf(scene, own.requests.sent) > othersOf(since, before)) {
      since = scene;
      return notYet;
    }
    return metIf(own.requests.sent - before >= requestsPerSecond);
  };
}

/** What the clients send, from the beginning to the end. */
export const load = {
  ...{ name: 'shoppers', namespace, target: { namespace, service: app, port: 80 } },
  rate: { kind: 'constant', perSecond: requestsPerSecond },
} as const;
