import { plainServiceName, serviceKey } from '../service-name.ts';
import type { RolloutIdentity } from './read.ts';
import type { SplitRecord } from './record.ts';

/** What stands between a Rollout and a split that means one thing in every mesh. */
export interface SplitConflict {
  readonly kind: 'SelfReference' | 'OtherSplit' | 'RootIsBackend' | 'BackendIsRoot' | 'OtherRoot' | 'HasMatches' | 'Marked';
  readonly message: string;
}

export interface ConflictQuestion {
  readonly namespace: string;
  /** The name of our split. */
  readonly splitName: string;
  readonly root: string;
  /** The Services that we name as backends. */
  readonly services: readonly string[];
  readonly rollout: RolloutIdentity;
  /** Our own split may be among them. */
  readonly splits: Iterable<SplitRecord>;
}

/** In a fixed order. A self reference that is stored in our own split is none: the next write of ours removes it. */
export function splitConflicts(question: ConflictQuestion): readonly SplitConflict[] {
  const { namespace, splitName, root, services } = question;
  const splits = [...question.splits].sort((left, right) => (nameOf(left) < nameOf(right) ? -1 : 1));
  const isOwn = (split: SplitRecord): boolean => split.namespace === namespace && split.name === splitName;
  const rootKey = serviceKey(root, namespace);
  const serviceKeys = new Set(services.map((service) => serviceKey(service, namespace)));
  return [
    ...(serviceKeys.has(rootKey) ? [conflict('SelfReference', `Service ${root} is the root and a backend of its own split`)] : []),
    ...splits.filter(isOwn).flatMap((split) => ownConflicts(split, question)),
    ...splits.filter((split) => !isOwn(split)).flatMap((split) => otherConflicts(split, { rootKey, root, serviceKeys })),
  ];
}

const conflict = (kind: SplitConflict['kind'], message: string): SplitConflict => ({ kind, message });

const nameOf = ({ namespace, name }: SplitRecord): string => `${namespace}/${name}`;

function ownConflicts(split: SplitRecord, { root, rollout }: ConflictQuestion): readonly SplitConflict[] {
  const isMade = split.owner !== undefined && split.owner.uid === rollout.uid;
  const isAnotherRoot = serviceKey(split.root, split.namespace) !== serviceKey(root, split.namespace);
  return [
    // Renaming the root of a split that others made would leave the old root's routes behind (linkerd-smi); ours is put back.
    ...(isAnotherRoot && !isMade && split.stampedBy !== rollout.uid
      ? [conflict('OtherRoot', `TrafficSplit ${split.name} splits Service ${plainServiceName(split.root, split.namespace)}, not ${root}`)]
      : []),
    ...(split.hasMatches
      ? [
          conflict(
            'HasMatches',
            `TrafficSplit ${split.name} has spec.matches: its weights hold for some requests only, and meshes that ignore it send everybody there; remove it`,
          ),
        ]
      : []),
    ...(isMade && split.mark !== undefined
      ? [conflict('Marked', `TrafficSplit ${split.name} carries a mark of ${split.mark}, which writes weights too; remove the mark`)]
      : []),
  ];
}

interface OurKeys {
  readonly root: string;
  readonly rootKey: string;
  readonly serviceKeys: ReadonlySet<string>;
}

function otherConflicts(split: SplitRecord, { root, rootKey, serviceKeys }: OurKeys): readonly SplitConflict[] {
  const otherRoot = serviceKey(split.root, split.namespace);
  const backends = split.backends.map(({ service }) => serviceKey(service, split.namespace));
  return [
    ...(otherRoot === rootKey
      ? [conflict('OtherSplit', `TrafficSplit ${split.name} splits Service ${root} as well${ownerNote(split)}`)]
      : []),
    ...(otherRoot !== rootKey && backends.includes(rootKey)
      ? [conflict('RootIsBackend', `Service ${root} is a backend of TrafficSplit ${split.name}${ownerNote(split)}; splits do not nest`)]
      : []),
    ...(serviceKeys.has(otherRoot)
      ? [
          conflict(
            'BackendIsRoot',
            `Service ${plainServiceName(split.root, split.namespace)}, a backend of ours, is the root of TrafficSplit ${split.name}${ownerNote(split)}; splits do not nest`,
          ),
        ]
      : []),
  ];
}

const ownerNote = ({ owner, mark }: SplitRecord): string => {
  const text = owner?.text ?? mark;
  return text === undefined ? '' : ` (${text})`;
};
