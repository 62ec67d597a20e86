/** Ends the reading of a query; `position` counts UTF-16 units of its text. The door of the engine makes a value of it. */
export class ParseError extends Error {
  readonly position: number;

  constructor(position: number, message: string) {
    super(message);
    this.position = position;
  }
}

/** Ends the evaluation of a query that was well formed (HTTP 422). */
export class ExecutionError extends Error {}

/** A range query of something that has no range. */
export class RangeTypeError extends Error {}

/** `1:5: parse error: ...`: line and column in bytes, both from one. */
export function parseErrorText(query: string, { position, message }: ParseError): string {
  const before = query.slice(0, position);
  const lastBreak = before.lastIndexOf('\n');
  const line = before.split('\n').length;
  const column = Buffer.byteLength(before.slice(lastBreak + 1)) + 1;
  return `${line}:${column}: parse error: ${message}`;
}
