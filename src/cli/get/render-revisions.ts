import type { ViewedRevision } from '../../core/view.ts';
import { type Line, padEnd, type Span, type Style, span, type Tone, widthOf } from '../demo/text.ts';
import { ageOf } from './ages.ts';
import type { PodView } from './pods.ts';
import type { Tree } from './tree.ts';

interface RevisionOptions {
  readonly nowMs: number;
  readonly isWide: boolean;
  /** Of each revision. */
  readonly mostPods: number;
}

/** Ten to twenty columns and the number. */
export function bar(weight: number, tone: Tone, { isUnicode, width }: Style): readonly Span[] {
  const columns = width < 80 ? 10 : 20;
  const full = weight === 0 ? 0 : Math.max(1, Math.floor((weight / 100) * columns));
  const [on, off] = isUnicode ? ['█', '░'] : ['#', '.'];
  return [span(on.repeat(full), tone), span(off.repeat(columns - full), 'faint'), span(`${String(weight).padStart(4)} %`, 'strong')];
}

const roleTones: Readonly<Record<ViewedRevision['role'], Tone>> = { Stable: 'good', Canary: 'busy', Warm: 'plain', Old: 'faint' };

/** Each revision that has objects, with its share of the traffic, and its pods. */
export function revisionLines({ view, pods }: Tree, options: RevisionOptions, style: Style): readonly Line[] {
  if (view.revisions.length === 0) return [];
  return [
    [span('REVISIONS', 'faint')],
    ...view.revisions.flatMap((each, index) => {
      const isLast = index === view.revisions.length - 1;
      const own = pods.filter(({ revision }) => revision === each.revision);
      return [revisionLine(each, options, style, isLast), ...podLines(own, options, style, isLast ? '   ' : branch(style, '│  '))];
    }),
  ];
}

const branch = ({ isUnicode }: Style, text: string): string =>
  isUnicode ? text : text.replace('├─', '|-').replace('└─', '`-').replace('│', '|');

function revisionLine(
  { revision, role, weight, pods, images, createdAt }: ViewedRevision,
  { nowMs, isWide }: RevisionOptions,
  style: Style,
  isLast: boolean,
): Line {
  const isShort = pods.ready < pods.wanted;
  const image = isWide || style.width >= 110 ? images.join(', ') : '';
  return [
    span(branch(style, isLast ? '└─ ' : '├─ '), 'faint'),
    span(`${padEnd(revision, 11)} `, 'strong'),
    span(padEnd(role, 7), roleTones[role]),
    ...bar(weight, roleTones[role], style),
    span(padEnd(`   ${pods.ready}/${pods.wanted} ready`, 14), isShort ? 'bad' : 'plain'),
    span(`  ${padEnd(ageOf(createdAt, nowMs), 7)}`, 'faint'),
    span(image === '' ? '' : ` ${image}`, 'faint'),
  ];
}

/** Those that are not ready come first: they are why somebody looks. */
function podLines(pods: readonly PodView[], { nowMs, mostPods }: RevisionOptions, style: Style, indent: string): readonly Line[] {
  const sorted = pods.toSorted((left, right) => Number(left.isReady) - Number(right.isReady) || left.name.localeCompare(right.name));
  const shown = sorted.slice(0, mostPods);
  const rest = sorted.length - shown.length;
  const nameColumns = Math.min(Math.max(20, ...shown.map(({ name }) => widthOf(name))), Math.max(20, Math.min(style.width, 100) - 45));
  const lines = shown.map(({ name, state, isReady, ready, containers, restarts, createdAt }, index): Line => {
    const isLast = index === shown.length - 1 && rest === 0;
    const isWell = isReady && restarts === 0;
    return [
      span(indent + branch(style, isLast ? '└─ ' : '├─ '), 'faint'),
      span(padEnd(tailOf(name, nameColumns, style), nameColumns)),
      span(`  ${padEnd(state, 16)}`, isReady ? 'good' : 'bad'),
      span(` ${ready}/${containers}`, isReady ? 'plain' : 'bad'),
      span(padEnd(restarts === 0 ? '' : `  ${restarts} restart${restarts === 1 ? '' : 's'}`, 13), isWell ? 'faint' : 'bad'),
      span(` ${ageOf(createdAt, nowMs)}`, 'faint'),
    ];
  });
  return rest === 0 || mostPods === 0 ? lines : [...lines, [span(`${indent}${branch(style, '└─ ')}and ${rest} more`, 'faint')]];
}

/** Names of pods differ in their ends. */
const tailOf = (name: string, columns: number, { isUnicode }: Style): string =>
  name.length <= columns ? name : `${isUnicode ? '…' : '~'}${name.slice(name.length - columns + 1)}`;
