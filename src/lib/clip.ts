/** At most `limit` characters of it, the last one an ellipsis where some are left out. */
export const clip = (text: string, limit: number): string => (text.length <= limit ? text : `${text.slice(0, limit - 1)}…`);

/** The same on one line. */
export const clippedLine = (text: string, limit: number): string => clip(text.replace(/\s+/g, ' '), limit);
