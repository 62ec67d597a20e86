// What is shown of one Rollout. Pure: plain data in, lines out.
import type { RolloutView, ViewedRun } from '../../core/view.ts';
import type { ViewedGate } from '../../core/view-gates.ts';
import { type Line, padEnd, paint, type Span, type Style, span, type Tone, widthOf, wrap } from '../demo/text.ts';
import { ageOf, leftUntil } from './ages.ts';
import { bar, revisionLines } from './render-revisions.ts';
import { runLines } from './render-runs.ts';
import type { Tree } from './tree.ts';

export interface TreeOptions {
  readonly nowMs: number;
  /** What is asked for by `-o wide`: every pod, every run, the whole history, the images. */
  readonly isWide: boolean;
  readonly program: string;
}

/** At most `height` lines: pods that are well make room first; what does not fit then is counted on the last line. */
export function renderTree(tree: Tree, options: TreeOptions, style: Style, height = Number.POSITIVE_INFINITY): readonly string[] {
  const limits = options.isWide ? [Number.POSITIVE_INFINITY] : podLimits;
  const attempts = limits.map((mostPods) => linesOf(tree, { ...options, mostPods }, style));
  const lines = attempts.find(({ length }) => length <= height) ?? attempts.at(-1) ?? [];
  const hidden = lines.length - height + 1;
  const shown: readonly Line[] =
    lines.length <= height ? lines : [...lines.slice(0, height - 1), [span(`... ${hidden} more lines`, 'faint')]];
  return shown.map((line) => paint(line, style));
}

const podLimits = [6, 3, 1, 0];

function linesOf(tree: Tree, options: TreeOptions & { readonly mostPods: number }, style: Style): readonly Line[] {
  const { view } = tree;
  const blocks: readonly (readonly Line[])[] = [
    heading(view, options, style),
    track(view, options, style),
    gates(view, options, style),
    revisionLines(tree, options, style),
    runs(view, options, style),
    history(view, options),
    tree.troubles.flatMap((trouble) => wrapped(trouble, style).map((line): Line => [span(line, 'bad')])),
  ];
  return blocks.filter((block) => block.length > 0).flatMap((block, index) => (index === 0 ? block : [[], ...block]));
}

export const phaseTones: Readonly<Record<string, Tone>> = {
  ...{ Healthy: 'good', Aborting: 'bad', RolledBack: 'bad', Degraded: 'bad', Terminating: 'bad', Paused: 'strong' },
};

const wrapped = (text: string, { width }: Style): readonly string[] => (Number.isFinite(width) ? wrap(text, width) : [text]);

function heading(view: RolloutView, { nowMs, program }: TreeOptions, style: Style): readonly Line[] {
  const { namespace, name, phase, reason, message, attempt = 1, isPaused, abort, actions } = view;
  const about = reason === phase ? [] : [span(`  ${reason}`, 'faint')];
  const again = attempt > 1 ? [span(`  attempt ${attempt}`)] : [];
  const held = isPaused ? [span('  spec.paused', 'busy')] : [];
  const since = abort === undefined ? [] : [span(`  ${ageOf(abort.at, nowMs)} ago`, 'faint')];
  const verbs = actions.filter((action) => action !== 'Approve' && action !== 'Reject').map((action) => action.toLowerCase());
  return [
    [span(`${namespace}/${name}  `, 'strong'), span(phase, phaseTones[phase] ?? 'busy'), ...about, ...again, ...held, ...since],
    ...wrapped(message, style).map((line): Line => [span(line)]),
    ...(verbs.length === 0 || program === '' ? [] : [[span(`you can: ${program} ${verbs.join(' | ')} ${name} -n ${namespace}`, 'faint')]]),
  ];
}

const marks = {
  done: ['✔', '+', 'good'],
  current: ['▶', '>', 'strong'],
  waiting: ['·', '.', 'faint'],
  stopped: ['✘', 'x', 'bad'],
} as const;
const titleColumns = 9;

/** The steps in a row, as many rows as they take; and how much of the traffic the release has. */
function track({ steps, step, weight, phase }: RolloutView, { nowMs }: TreeOptions, style: Style): readonly Line[] {
  const items = steps.map(({ kind, text, state }): Line => {
    const isStopped = state === 'current' && (phase === 'RolledBack' || phase === 'Aborting');
    const [unicode, ascii, tone] = marks[isStopped ? 'stopped' : state];
    const left = state === 'current' && !isStopped ? leftUntil(step?.until, nowMs) : '';
    const label = kind === 'setWeight' ? text.replace(/ of the traffic$/, '') : `${kind} ${text}`;
    return [
      span(`${style.isUnicode ? unicode : ascii} `, tone),
      span(`${label}${left === '' ? '' : ` (${left})`}`, tone === 'good' ? 'plain' : tone),
    ];
  });
  return [...titled('STEPS', packed(items, style)), ...(weight === undefined ? [] : titled('WEIGHT', [weightLine(weight, nowMs, style)]))];
}

function weightLine(
  { desired, observed, confirmedBy, confirmedAt }: NonNullable<RolloutView['weight']>,
  nowMs: number,
  style: Style,
): Line {
  const seen = observed === undefined ? [] : [`${Number(observed.toFixed(1))} % observed`];
  const confirmed = confirmedBy === undefined ? ['not confirmed yet'] : [`confirmed by ${confirmedBy} ${ageOf(confirmedAt, nowMs)} ago`];
  return [...bar(desired, 'busy', style), span(`  ${[...seen, ...confirmed].join(', ')}`, confirmedBy === undefined ? 'busy' : 'faint')];
}

const columnsIn = (line: Line): number => line.reduce((sum, { text }) => sum + widthOf(text), 0);

/** Items beside one another, two blanks between them, in rows that fit. */
function packed(items: readonly Line[], { width }: Style): readonly Line[] {
  const rows: Span[][] = [];
  for (const item of items) {
    const last = rows.at(-1);
    if (last === undefined || columnsIn(last) + 2 + columnsIn(item) > width - titleColumns) rows.push([...item]);
    else last.push(span('  '), ...item);
  }
  return rows;
}

const titled = (title: string, rows: readonly Line[]): readonly Line[] =>
  rows.map((row, index) => [span(padEnd(index === 0 ? title : '', titleColumns), 'faint'), ...row]);

function gates({ gates: all, name, namespace }: RolloutView, { nowMs, program, isWide }: TreeOptions, style: Style): readonly Line[] {
  const shown = isWide ? all : all.slice(-5);
  return titled(
    'GATES',
    shown.flatMap((gate) => gateLines(gate, nowMs, `${program} approve ${name} ${gate.name} -n ${namespace}`, style)),
  );
}

const gateTones: Readonly<Record<ViewedGate['state'], Tone>> = { Open: 'strong', Approved: 'good', Rejected: 'bad', Expired: 'bad' };

function gateLines(
  { name, state, message, needs, missing, approvals, expiresAt }: ViewedGate,
  nowMs: number,
  how: string,
  style: Style,
): readonly Line[] {
  const who = [...new Set(approvals.map(({ subject }) => subject))];
  const by = who.length === 0 ? '' : ` by ${who.join(', ')}`;
  const count = `${who.length} of ${needs} ${needs === 1 ? 'approval' : 'approvals'}${by}`;
  const wanted = state === 'Open' && missing > 0 ? `, ${missing} missing` : '';
  const until = state === 'Open' && expiresAt !== undefined ? `, ${leftUntil(expiresAt, nowMs)} (until ${expiresAt})` : '';
  const room = { ...style, width: style.width - titleColumns - 2 };
  const more = state === 'Open' ? [...(message === undefined ? [] : wrapped(message, room)), how] : [];
  return [
    [span(`${name}  `, 'strong'), span(state, gateTones[state]), span(`  ${count}${wanted}${until}`)],
    ...more.map((line, index): Line => [span(`  ${line}`, index === more.length - 1 ? 'faint' : 'plain')]),
  ];
}

function runs({ analysis }: RolloutView, options: TreeOptions, style: Style): readonly Line[] {
  const shown: readonly ViewedRun[] = options.isWide ? analysis : analysis.slice(-4);
  if (shown.length === 0) return [];
  return [[span('ANALYSIS', 'faint')], ...shown.flatMap((run) => runLines(run, options.nowMs, style))];
}

const outcomeTones: Readonly<Record<string, Tone>> = { Promoted: 'good', RolledBack: 'bad', Superseded: 'plain' };
const mostHistory = 5;

function history({ history: all }: RolloutView, { nowMs, isWide }: TreeOptions): readonly Line[] {
  if (all.length === 0) return [];
  const shown = all.toReversed().slice(0, isWide ? all.length : mostHistory);
  return [
    [span('HISTORY', 'faint')],
    ...shown.map(({ revision, outcome, reason, startedAt, finishedAt }): Line => {
      const took = Date.parse(finishedAt) - Date.parse(startedAt);
      const length = Number.isNaN(took) ? '' : `took ${ageOf(startedAt, Date.parse(finishedAt))}`;
      return [
        span(`   ${padEnd(revision, 11)} `, 'strong'),
        span(padEnd(outcome, 11), outcomeTones[outcome] ?? 'plain'),
        span(` ${padEnd(`${ageOf(finishedAt, nowMs)} ago`, 12)} ${padEnd(length, 12)}`, 'faint'),
        span(reason === undefined || reason === outcome ? '' : ` ${reason}`),
      ];
    }),
  ];
}
