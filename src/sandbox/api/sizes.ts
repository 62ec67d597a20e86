const sizes = new WeakMap<object, number>();
/** What is smaller is measured again as fast. */
const worthKeeping = 300;

/** Characters of a value as JSON, near enough. What is frozen is measured once. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 5;
  const known = sizes.get(value);
  if (known !== undefined) return known;
  let size = 2;
  if (Array.isArray(value)) for (const item of value) size += sizeOf(item) + 1;
  else for (const key of Object.keys(value)) size += key.length + 4 + sizeOf((value as Readonly<Record<string, unknown>>)[key]);
  if (size > worthKeeping && Object.isFrozen(value)) sizes.set(value, size);
  return size;
}
