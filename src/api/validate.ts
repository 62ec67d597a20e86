import type { FieldError } from './errors.ts';
import { at, listAt, numberAt, repeats, textAt } from './raw.ts';
import { rolloutWindowErrors } from './windows.ts';

/**
 * The rules of a Rollout that hold between fields, or that only we can say. The controller, `lint` and admission ask the same
 * function. It reads the object as it is, valid or not, so that one answer has everything that is wrong with it.
 */
export const validateRollout = (object: unknown): readonly FieldError[] => rules.flatMap((rule) => rule(object));

type Rule = (object: unknown) => readonly FieldError[];

const canaryPath = 'spec.strategy.canary';
const canaryOf = (object: unknown): unknown => at(object, 'spec', 'strategy', 'canary');
const when = (isWrong: boolean, path: string, message: string): readonly FieldError[] => (isWrong ? [{ path, message }] : []);

/** Names of Services begin with a letter (DNS-1035 on most clusters), and a revision's Service is named after the Rollout. */
const nameRule: Rule = (object) => {
  const name = textAt(object, 'metadata', 'name');
  return when(
    name !== undefined && !/^[a-z]/.test(name),
    'metadata.name',
    'must begin with a letter a-z: the Services of its revisions are named after it',
  );
};

const sugarRule: Rule = (object) => {
  const canary = canaryOf(object);
  const has = (key: string) => at(canary, key) !== undefined;
  if (canary === undefined) return [];
  const sugar = ['stepWeight', 'stepWeights', 'maxWeight', 'interval'].filter(has);
  if (has('steps'))
    return sugar.map((key) => ({
      path: `${canaryPath}.${key}`,
      message: 'cannot stand beside steps; write setWeight and pause steps, or leave steps out',
    }));
  const stepWeight = numberAt(canary, 'stepWeight') ?? 0;
  return [
    ...when(!has('stepWeight') && !has('stepWeights'), canaryPath, 'needs steps, or stepWeight or stepWeights with an interval'),
    ...when(has('stepWeight') && has('stepWeights'), `${canaryPath}.stepWeights`, 'cannot stand beside stepWeight; keep one of them'),
    ...when(
      (has('stepWeight') || has('stepWeights')) && !has('interval'),
      `${canaryPath}.interval`,
      'is required with stepWeight and stepWeights: how long each weight is held',
    ),
    ...when(has('maxWeight') && !has('stepWeight'), `${canaryPath}.maxWeight`, 'goes with stepWeight only'),
    ...when(stepWeight > (numberAt(canary, 'maxWeight') ?? 100), `${canaryPath}.stepWeight`, 'must not be greater than maxWeight'),
  ];
};

const startingStepRule: Rule = (object) => {
  const steps = at(canaryOf(object), 'steps');
  const start = numberAt(canaryOf(object), 'analysis', 'startingStep');
  if (!Array.isArray(steps) || start === undefined || start < steps.length) return [];
  return [
    {
      path: `${canaryPath}.analysis.startingStep`,
      message: `must be the index of a step, 0..${steps.length - 1}: there are ${steps.length} steps`,
    },
  ];
};

const gatesRule: Rule = (object) => {
  const names = repeats(listAt(canaryOf(object), 'steps'), (step) => textAt(step, 'gate', 'name'));
  return names.map(({ index, key }) => ({ path: `${canaryPath}.steps[${index}].gate.name`, message: `two gates are named "${key}"` }));
};

/** Every analysis of the Rollout, with its path. */
const analysesOf = (object: unknown): readonly { readonly path: string; readonly analysis: unknown }[] => {
  const canary = canaryOf(object);
  const steps = listAt(canary, 'steps').map((step, index) => ({
    path: `${canaryPath}.steps[${index}].analysis`,
    analysis: at(step, 'analysis'),
  }));
  const others = [
    { path: `${canaryPath}.analysis`, analysis: at(canary, 'analysis') },
    { path: `${canaryPath}.afterPromotion.analysis`, analysis: at(canary, 'afterPromotion', 'analysis') },
  ];
  return [...steps, ...others].filter(({ analysis }) => analysis !== undefined);
};

const analysisRule: Rule = (object) =>
  analysesOf(object).flatMap(({ path, analysis }) => [
    ...repeats(listAt(analysis, 'args'), (arg) => textAt(arg, 'name')).map(({ index, key }) => ({
      path: `${path}.args[${index}].name`,
      message: `"${key}" is given twice`,
    })),
    ...repeats(listAt(analysis, 'templates'), templateKey).map(({ index }) => ({
      path: `${path}.templates[${index}]`,
      message: 'names the same template twice',
    })),
  ]);

const templateKey = (ref: unknown): string | undefined => {
  const name = textAt(ref, 'name');
  return name === undefined ? undefined : `${at(ref, 'clusterScope') === true} ${name}`;
};

const portsRule: Rule = (object) => {
  const path = 'spec.service.ports';
  const ports = listAt(object, 'spec', 'service', 'ports');
  const numbered = (port: unknown) =>
    numberAt(port, 'port') === undefined ? undefined : `${numberAt(port, 'port')}/${textAt(port, 'protocol') ?? 'TCP'}`;
  return [
    ...ports.flatMap((port, index) =>
      when(ports.length > 1 && at(port, 'name') === undefined, `${path}[${index}].name`, 'is required: there are several ports'),
    ),
    ...ports.flatMap((port, index) => when(!isPortName(textAt(port, 'name')), `${path}[${index}].name`, 'must be a DNS label')),
    ...repeats(ports, (port) => textAt(port, 'name')).map(({ index, key }) => ({
      path: `${path}[${index}].name`,
      message: `two ports are named "${key}"`,
    })),
    ...repeats(ports, numbered).map(({ index, key }) => ({ path: `${path}[${index}].port`, message: `${key} is given twice` })),
    ...ports.flatMap((port, index) =>
      when(
        (numberAt(port, 'nodePort') ?? 0) > 0,
        `${path}[${index}].nodePort`,
        'cannot be set: the Service is made as ClusterIP; make the Service yourself and leave ports out',
      ),
    ),
  ];
};

const isPortName = (name: string | undefined): boolean => name === undefined || /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name);

const templateRule: Rule = (object) => {
  const path = 'spec.template.spec';
  const spec = at(object, 'spec', 'template', 'spec');
  return [
    ...repeats(listAt(spec, 'containers'), (container) => textAt(container, 'name')).map(({ index, key }) => ({
      path: `${path}.containers[${index}].name`,
      message: `two containers are named "${key}"`,
    })),
    ...when(at(spec, 'activeDeadlineSeconds') !== undefined, `${path}.activeDeadlineSeconds`, 'is not allowed in a Deployment'),
  ];
};

/** `<rollout>-<hash>` is what we call the objects of a revision: nothing that the user names may look like one. */
const revisionNameRule: Rule = (object) => {
  const rollout = textAt(object, 'metadata', 'name');
  if (rollout === undefined) return [];
  const head = `${rollout.replaceAll('.', '-').slice(0, 52).replace(/-+$/, '')}-`;
  const taken = (name: string | undefined) => name?.startsWith(head) === true && /^[0-9a-f]{10}$/.test(name.slice(head.length));
  const message = `looks like a revision of this Rollout (${head}<hash>); use another name`;
  return [
    ...when(taken(textAt(object, 'spec', 'service', 'name')), 'spec.service.name', message),
    ...when(taken(textAt(object, 'spec', 'traffic', 'smi', 'splitName')), 'spec.traffic.smi.splitName', message),
    ...when(taken(textAt(object, 'spec', 'workloadRef', 'name')), 'spec.workloadRef.name', message),
  ];
};

const pinRule: Rule = (object) =>
  when(
    textAt(object, 'spec', 'traffic', 'smi', 'provider') === 'osm' && textAt(object, 'spec', 'service', 'pinSelector') === 'Always',
    'spec.service.pinSelector',
    'must not be Always with the provider osm: Open Service Mesh needs the root Service unpinned',
  );

const rules: readonly Rule[] = [
  nameRule,
  sugarRule,
  startingStepRule,
  gatesRule,
  analysisRule,
  portsRule,
  templateRule,
  revisionNameRule,
  pinRule,
  rolloutWindowErrors,
];
