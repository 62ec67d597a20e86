// JSON of what the server answers. The same frozen value goes to several watches and to whoever wrote it: it is written once.
const recent = new Map<object, string>();
const limit = 256;

/** As `JSON.stringify`. What is frozen is remembered for a while. */
export function jsonText(value: unknown): string {
  if (typeof value !== 'object' || value === null || !Object.isFrozen(value)) return JSON.stringify(value ?? null);
  let text = recent.get(value);
  if (text === undefined) {
    text = JSON.stringify(value);
    recent.set(value, text);
    if (recent.size > limit) for (const oldest of recent.keys()) if (recent.size > limit / 2) recent.delete(oldest);
  }
  return text;
}
