const sizes = new WeakMap<object, number>();

/** Characters of a value as JSON, near enough. What is frozen is measured once. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 5;
  const known = sizes.get(value);
  if (known !== undefined) return known;
  let size = 2;
  if (Array.isArray(value)) for (const item of value) size += sizeOf(item) + 1;
  else for (const [key, member] of Object.entries(value)) size += key.length + 4 + sizeOf(member);
  if (Object.isFrozen(value)) sizes.set(value, size);
  return size;
}
