import { z } from 'zod';

/**
 * A schema for what is read over and over: what is valid is read many times as fast, with the same result, and of what is not the errors are the
 * same, too. Compiled when it is first asked for, which takes as long as some hundred readings.
 */
export function compiled<T extends z.ZodType>(schema: T): () => T {
  let known: T | undefined;
  return () => {
    known ??= z.compile(schema);
    return known;
  };
}
