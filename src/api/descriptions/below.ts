export type Descriptions = Readonly<Record<string, string>>;

/** The same descriptions for fields below `path`; that of `''` is of the path itself. */
export const below = (path: string, fields: Descriptions): Descriptions =>
  Object.fromEntries(Object.entries(fields).map(([name, text]) => [name === '' ? path : `${path}.${name}`, text]));
