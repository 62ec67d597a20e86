/**
 * Objects that must be refused, and where. `paths`: what our own decoding says. `server`: what the message of the API server has in
 * it; absent where only we can say it (decoding, `lint`, admission), so that the API server takes the object.
 */
export interface BadInput {
  readonly name: string;
  readonly object: Members;
  readonly paths: readonly string[];
  readonly server?: string;
}

export type Members = Record<string, unknown>;

/** The Rollout of the contract's section 1, its optional parts left out. */
export const goodRollout = (): Members => ({
  apiVersion: 'sluice.dev/v1alpha1',
  kind: 'Rollout',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    service: { name: 'web' },
    traffic: { smi: {} },
    strategy: { canary: { steps: [{ setWeight: 10 }, { pause: { duration: '5m' } }, { setWeight: 50 }] } },
  },
});

/** All of section 1: everything optional is there. */
export const fullRollout = (): Members => ({
  apiVersion: 'sluice.dev/v1alpha1',
  kind: 'Rollout',
  metadata: { name: 'web', namespace: 'default', annotations: { 'sluice.dev/adopt-split': 'true' } },
  spec: {
    workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    replicas: 4,
    service: { name: 'web', ports: [], pinSelector: 'Auto' },
    traffic: { smi: { version: 'auto', provider: 'auto', splitName: 'web' } },
    strategy: {
      canary: {
        steps: [
          { setWeight: 10 },
          { pause: { duration: '5m' } },
          { pause: {} },
          { gate: { name: 'qa', minApprovals: 2, timeout: '24h', onTimeout: 'Abort', message: 'Did QA sign off?' } },
          { analysis: { templates: [{ name: 'smoke' }], args: [{ name: 'path', value: '/' }] } },
          { setCanaryScale: { replicas: 3 } },
          { setCanaryScale: { weight: 50 } },
          { setCanaryScale: { matchTrafficWeight: true } },
          { setWeight: 50 },
          { pause: { duration: '10m' } },
        ],
        analysis: { templates: [{ name: 'success-rate', clusterScope: true }], startingStep: 0, evidence: 'PerStep', args: [] },
        afterPromotion: { duration: '10m', analysis: { templates: [{ name: 'success-rate', clusterScope: true }] } },
        scaleDownDelay: '5m',
        abortScaleDownDelay: '30s',
        minPodsPerRevision: 1,
        confirmation: { timeout: '60s', maxLag: '10s' },
      },
    },
    trackConfig: 'ConfigMaps',
    progressDeadline: '10m',
    progressDeadlineAction: 'Abort',
    paused: false,
    revisionHistoryLimit: 5,
    windows: [{ kind: 'Deny', schedule: '0 17 * * 5', duration: '63h', timeZone: 'Europe/Berlin' }],
  },
});

export const absent = Symbol('absent');

/** The object with changes by path: `{ 'spec.replicas': 3, 'spec.strategy.canary.steps.0': {...}, 'spec.workloadRef': absent }`. */
export function changed(base: Members, changes: Readonly<Record<string, unknown>>): Members {
  const copy = structuredClone(base);
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    const owner = keys.reduce<Members>((inner, key) => {
      inner[key] ??= {};
      return inner[key] as Members;
    }, copy);
    if (value === absent) delete owner[last];
    else owner[last] = value;
  }
  return copy;
}

const rollout = (changes: Readonly<Record<string, unknown>>): Members => changed(goodRollout(), changes);
const canary = 'spec.strategy.canary';
const steps = (...items: readonly unknown[]): Members => rollout({ [`${canary}.steps`]: items });
const template = (spec: unknown): Members => rollout({ 'spec.workloadRef': absent, 'spec.template': spec });
const sugar = (fields: Members): Members => rollout({ [canary]: fields });
const window = (fields: Members): Members =>
  rollout({ 'spec.windows': [{ kind: 'Deny', schedule: '0 17 * * 5', duration: '1h', ...fields }] });
const ports = (...items: readonly unknown[]): Members => rollout({ 'spec.service.ports': items });

/** Both say so, at this path. */
export const same = (path: string) => ({ paths: [path], server: path });
const analysis = (fields: Members): Members => rollout({ [`${canary}.analysis`]: { templates: [{ name: 'smoke' }], ...fields } });

export const badRollouts: readonly BadInput[] = [
  // Steps
  {
    name: 'unknown kind of step',
    object: steps({ setWieght: 10 }),
    paths: [`${canary}.steps[0].setWieght`, `${canary}.steps[0]`],
    server: `${canary}.steps[0]`,
  },
  {
    name: 'unknown kind of step, later',
    object: steps({ setWeight: 1 }, { experiment: {} }),
    paths: [`${canary}.steps[1].experiment`, `${canary}.steps[1]`],
    server: `${canary}.steps[1]`,
  },
  { name: 'two keys in a step', object: steps({ setWeight: 10, pause: {} }), ...same(`${canary}.steps[0]`) },
  {
    name: 'three keys in a step',
    object: steps({ setWeight: 10, pause: {}, setCanaryScale: { weight: 5 } }),
    ...same(`${canary}.steps[0]`),
  },
  { name: 'empty step', object: steps({}), ...same(`${canary}.steps[0]`) },
  { name: 'a step that is a text', object: steps('pause'), ...same(`${canary}.steps[0]`) },
  { name: 'a step that is null', object: steps(null), ...same(`${canary}.steps[0]`) },
  { name: 'gate without a name', object: steps({ gate: {} }), ...same(`${canary}.steps[0].gate.name`) },
  { name: 'gate of nobody', object: steps({ gate: { name: 'qa', minApprovals: 0 } }), ...same(`${canary}.steps[0].gate.minApprovals`) },
  {
    name: 'gate that promotes when its time is over',
    object: steps({ gate: { name: 'qa', timeout: '1h', onTimeout: 'Promote' } }),
    ...same(`${canary}.steps[0].gate.onTimeout`),
  },
  {
    name: 'two gates of one name',
    object: steps({ gate: { name: 'qa' } }, { setWeight: 10 }, { gate: { name: 'qa' } }),
    paths: [`${canary}.steps[2].gate.name`],
    server: 'two gates have the same name',
  },
  { name: 'weight below 0', object: steps({ setWeight: -1 }), ...same(`${canary}.steps[0].setWeight`) },
  { name: 'weight above 100', object: steps({ setWeight: 10 }, { setWeight: 101 }), ...same(`${canary}.steps[1].setWeight`) },
  { name: 'weight with a fraction', object: steps({ setWeight: 10.5 }), ...same(`${canary}.steps[0].setWeight`) },
  { name: 'weight as text', object: steps({ setWeight: '10' }), ...same(`${canary}.steps[0].setWeight`) },
  { name: 'no steps in the list', object: steps(), ...same(`${canary}.steps`) },
  { name: 'too many steps', object: steps(...Array.from({ length: 101 }, () => ({ pause: {} }))), ...same(`${canary}.steps`) },
  { name: 'pause without unit', object: steps({ pause: { duration: '5' } }), ...same(`${canary}.steps[0].pause.duration`) },
  { name: 'pause as number', object: steps({ pause: { duration: 300 } }), ...same(`${canary}.steps[0].pause.duration`) },
  { name: 'pause below zero', object: steps({ pause: { duration: '-5m' } }), ...same(`${canary}.steps[0].pause.duration`) },
  { name: 'pause in days', object: steps({ pause: { duration: '1d' } }), ...same(`${canary}.steps[0].pause.duration`) },
  {
    name: 'pause beyond any calendar',
    object: steps({ pause: { duration: '99999999999999h' } }),
    ...same(`${canary}.steps[0].pause.duration`),
  },
  { name: 'scale without a rule', object: steps({ setCanaryScale: {} }), ...same(`${canary}.steps[0].setCanaryScale`) },
  {
    name: 'scale with two rules',
    object: steps({ setCanaryScale: { replicas: 1, weight: 5 } }),
    ...same(`${canary}.steps[0].setCanaryScale`),
  },
  {
    name: 'scale with matchTrafficWeight false',
    object: steps({ setCanaryScale: { matchTrafficWeight: false } }),
    ...same(`${canary}.steps[0].setCanaryScale.matchTrafficWeight`),
  },
  { name: 'scale below zero', object: steps({ setCanaryScale: { replicas: -1 } }), ...same(`${canary}.steps[0].setCanaryScale.replicas`) },
  { name: 'analysis step without templates', object: steps({ analysis: {} }), ...same(`${canary}.steps[0].analysis.templates`) },
  {
    name: 'analysis step with an empty list',
    object: steps({ analysis: { templates: [] } }),
    ...same(`${canary}.steps[0].analysis.templates`),
  },
  {
    name: 'template reference with a bad name',
    object: steps({ analysis: { templates: [{ name: 'Smoke Test' }] } }),
    ...same(`${canary}.steps[0].analysis.templates[0].name`),
  },
  // What is released
  { name: 'neither workloadRef nor template', object: rollout({ 'spec.workloadRef': absent }), ...same('spec') },
  {
    name: 'both workloadRef and template',
    object: rollout({ 'spec.template': { spec: { containers: [{ name: 'a' }] } } }),
    ...same('spec'),
  },
  { name: 'template without spec', object: template({}), ...same('spec.template.spec') },
  { name: 'template without containers', object: template({ spec: {} }), ...same('spec.template.spec.containers') },
  {
    name: 'template with an empty list of containers',
    object: template({ spec: { containers: [] } }),
    ...same('spec.template.spec.containers'),
  },
  {
    name: 'container without name',
    object: template({ spec: { containers: [{ image: 'a' }] } }),
    ...same('spec.template.spec.containers[0].name'),
  },
  {
    name: 'two containers of one name',
    object: template({ spec: { containers: [{ name: 'a' }, { name: 'a' }] } }),
    paths: ['spec.template.spec.containers[1].name'],
    server: 'spec.template.spec.containers[1]',
  },
  {
    name: 'a template that does not restart',
    object: template({ spec: { containers: [{ name: 'a' }], restartPolicy: 'Never' } }),
    ...same('spec.template.spec.restartPolicy'),
  },
  {
    name: 'a template with a deadline',
    object: template({ spec: { containers: [{ name: 'a' }], activeDeadlineSeconds: 5 } }),
    paths: ['spec.template.spec.activeDeadlineSeconds'],
  },
  { name: 'template that is a text', object: template('nginx'), ...same('spec.template') },
  { name: 'workloadRef without name', object: rollout({ 'spec.workloadRef': {} }), ...same('spec.workloadRef.name') },
  { name: 'workloadRef of another kind', object: rollout({ 'spec.workloadRef.kind': 'StatefulSet' }), ...same('spec.workloadRef.kind') },
  {
    name: 'workloadRef of another group',
    object: rollout({ 'spec.workloadRef.apiVersion': 'extensions/v1beta1' }),
    ...same('spec.workloadRef.apiVersion'),
  },
  {
    name: 'workloadRef that looks like a revision',
    object: rollout({ 'spec.workloadRef.name': 'web-0123456789' }),
    paths: ['spec.workloadRef.name'],
  },
  { name: 'replicas below zero', object: rollout({ 'spec.replicas': -1 }), ...same('spec.replicas') },
  { name: 'no spec', object: rollout({ spec: absent }), ...same('spec') },
  { name: 'a name that no Service can have', object: rollout({ 'metadata.name': '1web' }), paths: ['metadata.name'] },
  // Service and traffic
  { name: 'no service', object: rollout({ 'spec.service': absent }), ...same('spec.service') },
  { name: 'service name with dots', object: rollout({ 'spec.service.name': 'web.shop' }), ...same('spec.service.name') },
  {
    name: 'service name that looks like a revision',
    object: rollout({ 'spec.service.name': 'web-0123456789' }),
    paths: ['spec.service.name'],
  },
  {
    name: 'split name that looks like a revision',
    object: rollout({ 'spec.traffic.smi.splitName': 'web-0123456789' }),
    paths: ['spec.traffic.smi.splitName'],
  },
  { name: 'unknown pinSelector', object: rollout({ 'spec.service.pinSelector': 'Sometimes' }), ...same('spec.service.pinSelector') },
  {
    name: 'pinned under Open Service Mesh',
    object: rollout({ 'spec.traffic.smi.provider': 'osm', 'spec.service.pinSelector': 'Always' }),
    ...same('spec.service.pinSelector'),
  },
  { name: 'port out of range', object: ports({ port: 70_000 }), ...same('spec.service.ports[0].port') },
  { name: 'port without number', object: ports({ name: 'http' }), ...same('spec.service.ports[0].port') },
  {
    name: 'several ports without names',
    object: ports({ port: 80 }, { port: 81 }),
    paths: ['spec.service.ports[0].name', 'spec.service.ports[1].name'],
    server: 'spec.service.ports',
  },
  {
    name: 'two ports of one name',
    object: ports({ name: 'a', port: 80 }, { name: 'a', port: 81 }),
    paths: ['spec.service.ports[1].name'],
    server: 'spec.service.ports',
  },
  {
    name: 'one port twice',
    object: ports({ name: 'a', port: 80 }, { name: 'b', port: 80 }),
    paths: ['spec.service.ports[1].port'],
    server: 'spec.service.ports',
  },
  { name: 'target port out of range', object: ports({ port: 80, targetPort: 0 }), ...same('spec.service.ports[0].targetPort') },
  { name: 'target port of another type', object: ports({ port: 80, targetPort: true }), ...same('spec.service.ports[0].targetPort') },
  { name: 'a node port', object: ports({ port: 80, nodePort: 30_000 }), paths: ['spec.service.ports[0].nodePort'] },
  { name: 'no router', object: rollout({ 'spec.traffic': {} }), ...same('spec.traffic') },
  { name: 'unknown router', object: rollout({ 'spec.traffic': { nginxIngress: {} } }), ...same('spec.traffic') },
  { name: 'no traffic', object: rollout({ 'spec.traffic': absent }), ...same('spec.traffic') },
  { name: 'unknown provider', object: rollout({ 'spec.traffic.smi.provider': 'envoy' }), ...same('spec.traffic.smi.provider') },
  { name: 'unknown version of TrafficSplit', object: rollout({ 'spec.traffic.smi.version': 'v1' }), ...same('spec.traffic.smi.version') },
  // Strategy
  { name: 'no strategy', object: rollout({ 'spec.strategy': absent }), ...same('spec.strategy') },
  { name: 'no canary', object: rollout({ 'spec.strategy': {} }), ...same('spec.strategy.canary') },
  { name: 'neither steps nor sugar', object: sugar({}), ...same(canary) },
  {
    name: 'steps and sugar',
    object: rollout({ [`${canary}.stepWeight`]: 10, [`${canary}.interval`]: '1m' }),
    paths: [`${canary}.stepWeight`, `${canary}.interval`],
    server: canary,
  },
  { name: 'sugar without interval', object: sugar({ stepWeight: 10 }), paths: [`${canary}.interval`], server: canary },
  {
    name: 'both kinds of sugar',
    object: sugar({ stepWeight: 10, stepWeights: [1], interval: '1m' }),
    paths: [`${canary}.stepWeights`],
    server: canary,
  },
  {
    name: 'maxWeight without stepWeight',
    object: sugar({ stepWeights: [1], maxWeight: 50, interval: '1m' }),
    paths: [`${canary}.maxWeight`],
    server: canary,
  },
  {
    name: 'stepWeight above maxWeight',
    object: sugar({ stepWeight: 60, maxWeight: 50, interval: '1m' }),
    paths: [`${canary}.stepWeight`],
    server: canary,
  },
  { name: 'stepWeight of 0', object: sugar({ stepWeight: 0, interval: '1m' }), ...same(`${canary}.stepWeight`) },
  {
    name: 'a weight of the sugar above 100',
    object: sugar({ stepWeights: [10, 110], interval: '1m' }),
    ...same(`${canary}.stepWeights[1]`),
  },
  { name: 'interval of zero', object: sugar({ stepWeight: 10, interval: '0s' }), ...same(`${canary}.interval`) },
  {
    name: 'startingStep beyond the steps',
    object: analysis({ startingStep: 3 }),
    paths: [`${canary}.analysis.startingStep`],
    server: canary,
  },
  { name: 'unknown kind of evidence', object: analysis({ evidence: 'Maybe' }), ...same(`${canary}.analysis.evidence`) },
  {
    name: 'an argument given twice',
    object: analysis({
      args: [
        { name: 'a', value: '1' },
        { name: 'a', value: '2' },
      ],
    }),
    paths: [`${canary}.analysis.args[1].name`],
    server: `${canary}.analysis.args[1]`,
  },
  {
    name: 'an argument that is a number',
    object: analysis({ args: [{ name: 'a', value: 1 }] }),
    ...same(`${canary}.analysis.args[0].value`),
  },
  {
    name: 'a template named twice',
    object: analysis({ templates: [{ name: 'a' }, { name: 'a' }] }),
    ...same(`${canary}.analysis.templates[1]`),
  },
  { name: 'a bake without duration', object: rollout({ [`${canary}.afterPromotion`]: {} }), ...same(`${canary}.afterPromotion.duration`) },
  {
    name: 'a bake of no time',
    object: rollout({ [`${canary}.afterPromotion`]: { duration: '0s' } }),
    ...same(`${canary}.afterPromotion.duration`),
  },
  {
    name: 'confirmation without time',
    object: rollout({ [`${canary}.confirmation`]: { timeout: '0s' } }),
    ...same(`${canary}.confirmation.timeout`),
  },
  { name: 'no pods per revision', object: rollout({ [`${canary}.minPodsPerRevision`]: 0 }), ...same(`${canary}.minPodsPerRevision`) },
  // The rest
  { name: 'unknown trackConfig', object: rollout({ 'spec.trackConfig': 'Secrets' }), ...same('spec.trackConfig') },
  { name: 'progressDeadline of zero', object: rollout({ 'spec.progressDeadline': '0s' }), ...same('spec.progressDeadline') },
  {
    name: 'unknown progressDeadlineAction',
    object: rollout({ 'spec.progressDeadlineAction': 'Retry' }),
    ...same('spec.progressDeadlineAction'),
  },
  { name: 'paused as text', object: rollout({ 'spec.paused': 'yes' }), ...same('spec.paused') },
  { name: 'history below zero', object: rollout({ 'spec.revisionHistoryLimit': -1 }), ...same('spec.revisionHistoryLimit') },
  { name: 'window of an unknown kind', object: window({ kind: 'Block' }), ...same('spec.windows[0].kind') },
  { name: 'window with too few fields', object: window({ schedule: '0 17 * *  ' }), ...same('spec.windows[0].schedule') },
  { name: 'window with a bad schedule', object: window({ schedule: '0 25 * * 5' }), paths: ['spec.windows[0].schedule'] },
  { name: 'window that never opens', object: window({ schedule: '0 0 31 2 *' }), paths: ['spec.windows[0].schedule'] },
  { name: 'window in no time zone', object: window({ timeZone: 'Mars/Olympus' }), paths: ['spec.windows[0].timeZone'] },
  { name: 'window without duration', object: window({ duration: absent }), ...same('spec.windows[0].duration') },
  { name: 'window of no time', object: window({ duration: '0s' }), ...same('spec.windows[0].duration') },
  {
    name: 'many errors at once',
    object: rollout({
      'spec.service.name': 'A',
      'spec.replicas': -1,
      'spec.template': {},
      [`${canary}.steps`]: [{ setWeight: 101 }, { setWeight: 1, pause: {} }],
      'spec.windows': [{ kind: 'Deny', schedule: '0 0 31 2 *', duration: '1h' }],
    }),
    paths: [
      'spec',
      'spec.service.name',
      'spec.replicas',
      'spec.template.spec',
      `${canary}.steps[0].setWeight`,
      `${canary}.steps[1]`,
      'spec.windows[0].schedule',
    ],
    server: 'spec.replicas',
  },
];
