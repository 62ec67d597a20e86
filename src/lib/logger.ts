import pino from 'pino';

/** Constant message, variable fields: a log line is data. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** NDJSON on standard output. Credentials are redacted by key wherever they might slip in. */
export function createLogger(level: LogLevel): Logger {
  return pino(
    { level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime, redact: ['*.token', '*.authorization', '*.headers.authorization'] },
    pino.destination({ sync: true }),
  );
}

/** For tests and for callers without a log. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
