import { fail, ok, type Result } from '../../../lib/result.ts';
import { ExecutionError, ParseError, parseErrorText, RangeTypeError } from './failure.ts';

/** `bad_data`: no query at all. `execution`: a query that these series cannot answer. */
export interface QueryFailure {
  readonly kind: 'bad_data' | 'execution';
  readonly message: string;
}

/** The only place where the reading and the evaluation of a query, which end by throwing, become values. */
export function caught<T>(query: string, run: () => T): Result<T, QueryFailure> {
  try {
    return ok(run());
  } catch (error) {
    if (error instanceof ParseError) return fail({ kind: 'bad_data', message: parseErrorText(query, error) });
    if (error instanceof RangeTypeError) return fail({ kind: 'bad_data', message: error.message });
    if (error instanceof ExecutionError) return fail({ kind: 'execution', message: error.message });
    throw error;
  }
}
