/** The labels of a series, `__name__` among them, sorted by name. Two equal sets need not be one object: compare by `labelsKey`. */
export type Labels = ReadonlyMap<string, string>;

export const metricName = '__name__';
export const noLabels: Labels = new Map();

/** Empty values are as good as missing labels, and are dropped. */
export function labelsOf(given: Readonly<Record<string, string>>): Labels {
  return sorted(Object.entries(given));
}

export function labelOf(labels: Labels, name: string): string {
  return labels.get(name) ?? '';
}

/** With one label set; an empty value removes it. */
export function withLabel(labels: Labels, name: string, value: string): Labels {
  return sorted([...[...labels].filter(([each]) => each !== name), [name, value]]);
}

export function keepLabels(labels: Labels, names: ReadonlySet<string>): Labels {
  return new Map([...labels].filter(([name]) => names.has(name)));
}

export function dropLabels(labels: Labels, names: ReadonlySet<string>): Labels {
  return new Map([...labels].filter(([name]) => !names.has(name)));
}

const onlyName: ReadonlySet<string> = new Set([metricName]);
// Series live long and are asked again and again.
const nameless = new WeakMap<Labels, Labels>();
const keys = new WeakMap<Labels, string>();

export function dropName(labels: Labels): Labels {
  let dropped = nameless.get(labels);
  if (dropped === undefined) {
    dropped = labels.has(metricName) ? dropLabels(labels, onlyName) : labels;
    nameless.set(labels, dropped);
  }
  return dropped;
}

/** Equal for equal sets, and for no others: neither separator occurs in UTF-8 text that Prometheus takes. */
export function labelsKey(labels: Labels): string {
  let key = keys.get(labels);
  if (key === undefined) {
    key = '';
    for (const [name, value] of labels) key += `${name}\uFFFE${value}\uFFFF`;
    keys.set(labels, key);
  }
  return key;
}

/** Of the named labels alone; a missing one counts as empty. */
export function keyOfLabels(labels: Labels, names: readonly string[]): string {
  let key = '';
  for (const name of names) key += `${labels.get(name) ?? ''}\uFFFF`;
  return key;
}

export function keyWithoutLabels(labels: Labels, names: ReadonlySet<string>): string {
  let key = '';
  for (const [name, value] of labels) if (!names.has(name)) key += `${name}\uFFFE${value}\uFFFF`;
  return key;
}

/** The order of Prometheus: label by label, name before value, the shorter set first. */
export function compareLabels(left: Labels, right: Labels): number {
  const [mine, theirs] = [flatOf(left), flatOf(right)];
  for (let index = 0; index < mine.length; index += 1) {
    const [one, other] = [mine[index] ?? '', theirs[index]];
    if (other === undefined) return 1;
    if (one !== other) return one < other ? -1 : 1;
  }
  return mine.length - theirs.length;
}

const flats = new WeakMap<Labels, readonly string[]>();

/** Names and values in turn. */
function flatOf(labels: Labels): readonly string[] {
  let flat = flats.get(labels);
  if (flat === undefined) {
    flat = [...labels].flat();
    flats.set(labels, flat);
  }
  return flat;
}

function sorted(entries: readonly (readonly [string, string])[]): Labels {
  const kept = entries.filter(([, value]) => value !== '');
  return new Map([...kept].sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0)));
}
