import { readRolloutStatus } from '../../api/index.ts';
import type { KubeObject } from '../../kube/index.ts';
import { type Line, paint, printable, type Style, span, type Tone, widthOf } from '../demo/text.ts';
import { ageOf } from './ages.ts';
import { phaseTones } from './render-tree.ts';

/** One Rollout in a list: what `-o json` prints, and the columns of the table. */
export interface Summary {
  readonly namespace: string;
  readonly name: string;
  readonly phase: string;
  readonly step: string;
  /** Percent of the traffic that the newest revision has. */
  readonly weight?: number | undefined;
  readonly message: string;
  readonly stableRevision?: string | undefined;
  readonly canaryRevision?: string | undefined;
  readonly createdAt?: string | undefined;
}

export function summaryOfRollout(object: KubeObject): Summary {
  const { phase, step, newestWeight, weight, message, stableRevision, canaryRevision } = readRolloutStatus(object.status).value;
  const { namespace = '', name, creationTimestamp: createdAt } = object.metadata;
  return {
    ...{ namespace, name, phase: phase ?? '', step: step?.label ?? '', weight: newestWeight ?? weight?.desired, message: message ?? '' },
    ...{ stableRevision, canaryRevision, createdAt },
  };
}

export interface TableOptions {
  readonly nowMs: number;
  readonly isWide: boolean;
  readonly withNamespace: boolean;
}

interface Column {
  readonly title: string;
  readonly of: (summary: Summary, nowMs: number) => string;
  readonly tone?: (summary: Summary) => Tone;
}

const column = (title: string, of: Column['of'], tone?: Column['tone']): Column =>
  tone === undefined ? { title, of } : { title, of, tone };

const toneOf = ({ phase }: Summary): Tone => phaseTones[phase] ?? 'busy';
const name = column('NAME', (each) => each.name);
const namespace = column('NAMESPACE', (each) => each.namespace);
const middle = [
  column('PHASE', (each) => each.phase, toneOf),
  column('STEP', (each) => each.step),
  column('WEIGHT', (each) => (each.weight === undefined ? '' : `${each.weight}`)),
];
const age = column('AGE', (each, nowMs) => ageOf(each.createdAt, nowMs));
const revisions = [column('STABLE', (each) => each.stableRevision ?? ''), column('CANARY', (each) => each.canaryRevision ?? '')];
const message = column('MESSAGE', (each) => each.message);

/** The columns of `kubectl get sro`, the message last: it is what a narrow terminal cuts. */
export function renderTable(all: readonly Summary[], { nowMs, isWide, withNamespace }: TableOptions, style: Style): readonly string[] {
  const columns = [...(withNamespace ? [namespace] : []), name, ...middle, age, ...(isWide ? revisions : []), message];
  const sorted = all.toSorted((left, right) => left.namespace.localeCompare(right.namespace) || left.name.localeCompare(right.name));
  const cells = sorted.map((each) => columns.map(({ of }) => printable(of(each, nowMs))));
  const widths = columns.map(({ title }, index) => Math.max(widthOf(title), ...cells.map((row) => widthOf(row[index] ?? ''))));
  const padded = (text: string, index: number) => `${text}${' '.repeat(Math.max(0, (widths[index] ?? 0) - widthOf(text)))}   `;
  const head: Line = columns.map(({ title }, index) => span(padded(title, index), 'faint'));
  const rows = sorted.map(
    (each, row): Line => columns.map(({ tone }, index) => span(padded(cells[row]?.[index] ?? '', index), tone?.(each) ?? 'plain')),
  );
  return [head, ...rows].map((line) => paint(line, style));
}
