// What the terminal shows of a scene. Pure: plain data in, lines out.
import { type News, waitsFor } from './news.ts';
import type { RequestView, RevisionView, Role, Scene } from './scene.ts';
import { counted, type Line, minutes, padEnd, padStart, paint, percent, type Style, span, type Tone, wrap } from './text.ts';

export interface Frame {
  readonly elapsedMs: number;
  readonly chapters: readonly Chapter[];
  readonly scene: Scene;
  /** The oldest first. */
  readonly news: readonly News[];
}

export interface Chapter {
  readonly title: string;
  readonly state: 'ahead' | 'now' | 'done' | 'wrong';
}

/** At most `height` lines: the oldest news make room. */
export function renderFrame(frame: Frame, style: Style, height = Number.POSITIVE_INFINITY): readonly string[] {
  const { scene } = frame;
  const top: readonly Line[] = [
    ...heading(frame, style),
    [],
    ...standing(scene, style),
    [],
    ...table(scene, style),
    [],
    requestsLine(scene.requests),
    [],
  ];
  const news = frame.news.flatMap((piece) => newsLines(piece, style));
  const room = Math.max(0, height - top.length);
  const lines = [...top, ...(room < news.length ? news.slice(news.length - room) : news)];
  return lines.slice(0, height).map((line) => paint(line, style));
}

const chapterMarks: Readonly<Record<Chapter['state'], { readonly tone: Tone; readonly sign: string; readonly ascii: string }>> = {
  ahead: { tone: 'faint', sign: '·', ascii: '.' },
  now: { tone: 'busy', sign: '▶', ascii: '>' },
  done: { tone: 'good', sign: '✔', ascii: '+' },
  wrong: { tone: 'bad', sign: '✘', ascii: 'x' },
};

function heading({ chapters, elapsedMs }: Frame, { width, isUnicode }: Style): readonly Line[] {
  const title = 'sluice demo';
  const rest = width >= 74 ? ' - a cluster in this process, the shipped controller beside it' : '';
  const time = padStart(minutes(elapsedMs), Math.max(5, width - title.length - rest.length));
  return [
    [span(title, 'strong'), span(rest, 'faint'), span(time, 'faint')],
    ...chapters.map((chapter): Line => {
      const { tone, sign, ascii } = chapterMarks[chapter.state];
      return [span(`${isUnicode ? sign : ascii} `, tone), span(chapter.title, chapter.state === 'now' ? 'strong' : tone)];
    }),
  ];
}

const phaseTones: Readonly<Record<string, Tone>> = { Healthy: 'good', Aborting: 'bad', RolledBack: 'bad', Degraded: 'bad' };

/** Where the Rollout stands and what it waits for: always three lines, so that nothing below jumps. */
function standing(scene: Scene, { width }: Style): readonly Line[] {
  const { rollout } = scene;
  const phase = rollout?.phase ?? 'none yet';
  const step =
    rollout?.step === undefined ? [] : [span('  step ', 'faint'), span(rollout.step.label, 'strong'), span(` ${rollout.step.kind}`)];
  const weight = rollout?.desired === undefined || rollout.step === undefined ? [] : [confirmedSpan(rollout.isConfirmed)];
  const words = waitsFor(scene);
  const [first = '', second = ''] = wrap(words === phase ? '' : words, width);
  return [[span('Rollout web ', 'faint'), span(phase, phaseTones[phase] ?? 'busy'), ...step, ...weight], [span(first)], [span(second)]];
}

const confirmedSpan = (isConfirmed: boolean) => (isConfirmed ? span('  weight confirmed', 'faint') : span('  weight on its way', 'busy'));

const roleTones: Readonly<Record<Role, Tone>> = { stable: 'good', canary: 'busy', 'rolled back': 'bad', old: 'faint', unmanaged: 'plain' };

const versionColumns = 8;
const roleColumns = 12;

interface Columns {
  readonly revision: number;
  readonly bar: number;
}

/** What is left of the width is the bar's; a narrow terminal goes without the hashes. */
function columnsOf(width: number): Columns {
  const revision = width >= 76 ? 11 : 0;
  const fixed = versionColumns + revision + roleColumns + 6 + 6 + 7 + 9 + 8;
  return { revision, bar: Math.max(4, Math.min(40, width - fixed)) };
}

function table({ revisions }: Scene, style: Style): readonly Line[] {
  const { revision, bar } = columnsOf(style.width);
  const head =
    padEnd('VERSION', versionColumns) +
    padEnd('REVISION', revision) +
    padEnd('ROLE', roleColumns) +
    padEnd('PODS', 6) +
    padEnd('TRAFFIC', bar) +
    ' '.repeat(6);
  const rows = revisions.map((each) => row(each, { revision, bar }, style));
  // Room for a second one from the beginning.
  const empty: readonly Line[] = Array.from({ length: Math.max(0, 2 - rows.length) }, () => []);
  return [[span(`${head}${padStart('REQ/S', 7)}${padStart('SUCCESS', 9)}${padStart('P99', 8)}`, 'faint')], ...rows, ...empty];
}

function row(each: RevisionView, { revision, bar }: Columns, style: Style): Line {
  const tone = roleTones[each.role];
  const isBad = each.successRate !== undefined && each.successRate < 0.99;
  const full = Math.min(bar, each.weight === 0 ? 0 : Math.max(1, Math.round((each.weight / 100) * bar)));
  const [on, off] = style.isUnicode ? ['█', '░'] : ['#', '.'];
  return [
    span(padEnd(each.version, versionColumns), 'strong'),
    span(padEnd(each.revision === '' ? '-' : each.revision, revision), 'faint'),
    span(padEnd(each.role, roleColumns), tone),
    span(padEnd(`${each.pods.ready}/${each.pods.wanted}`, 6), each.pods.ready < each.pods.wanted ? 'busy' : 'plain'),
    span(on.repeat(full), tone),
    span(off.repeat(bar - full), 'faint'),
    span(padStart(`${each.weight} %`, 6), 'strong'),
    span(padStart(each.perSecond === undefined ? '-' : each.perSecond.toFixed(0), 7)),
    span(padStart(hasTraffic(each) ? percent(each.successRate ?? 0) : '-', 9), isBad && hasTraffic(each) ? 'bad' : 'plain'),
    span(padStart(each.p99Ms === undefined || !hasTraffic(each) ? '-' : `${Math.round(each.p99Ms)} ms`, 8)),
  ];
}

const hasTraffic = ({ perSecond = 0, successRate }: RevisionView): boolean => perSecond >= 0.5 && successRate !== undefined;

function requestsLine({ sent, failed, lost }: RequestView): Line {
  return [
    span('Requests so far ', 'faint'),
    span(counted(sent), 'strong'),
    span('   failed ', 'faint'),
    span(counted(failed), failed > 0 ? 'bad' : 'good'),
    span('   without an endpoint ', 'faint'),
    span(counted(lost), lost > 0 ? 'bad' : 'good'),
  ];
}

const timeColumns = 6;

function newsLines({ atMs, text, tone }: News, { width }: Style): readonly Line[] {
  return wrap(text, width - timeColumns).map((line, index) => [
    span(padEnd(index === 0 ? minutes(atMs) : '', timeColumns), 'faint'),
    span(line, tone),
  ]);
}

/** A piece of news where there is no terminal to draw on: one line, however long. */
export const renderNews = ({ atMs, text }: News): string =>
  paint([span(padEnd(minutes(atMs), timeColumns)), span(text)], { width: Number.POSITIVE_INFINITY, hasColour: false, isUnicode: true });
