import { isMap, isNode, isScalar, isSeq, type LineCounter, type Node, type Document as YamlDocument } from 'yaml';

export interface Place {
  readonly line: number;
  readonly column: number;
}

type Segment = string | number;

/** `spec.steps[1]["a.b"]` is `['spec', 'steps', 1, 'a.b']`: the inverse of api/errors' pathOf. */
export function segmentsOf(path: string): readonly Segment[] {
  return [...path.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+)/g)].map(([, index, quoted, name]) =>
    index !== undefined ? Number(index) : quoted !== undefined ? (JSON.parse(`"${quoted}"`) as string) : (name ?? ''),
  );
}

/** Where a path of a document stands: at its key; of one that is not there, where its nearest owner is. */
export function placeOf(document: YamlDocument, lines: LineCounter, path: readonly Segment[]): Place {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const segment of path) {
    const next: unknown = isMap(node)
      ? node.items.find(({ key }) => (isScalar(key) ? String(key.value) : String(key)) === String(segment))
      : isSeq(node)
        ? node.items[Number(segment)]
        : undefined;
    if (next === undefined) break;
    const pair = isMap(node) ? (next as { key: Node; value: unknown }) : undefined;
    offset = startOf(pair?.key ?? next) ?? offset;
    node = pair === undefined ? next : pair.value;
  }
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

const startOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined);
