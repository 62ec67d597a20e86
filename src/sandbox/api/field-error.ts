/** What is wrong with one field, as the API server says it. */
export interface FieldError {
  readonly type: FieldErrorType;
  /** `spec.steps[0].setWeight`; `<nil>` where it concerns the whole. */
  readonly field: string;
  /** Left out where the message shows no value. */
  readonly value?: unknown;
  readonly detail: string;
}

export type FieldErrorType = 'Required' | 'Invalid' | 'TypeInvalid' | 'NotSupported' | 'Forbidden' | 'Duplicate' | 'TooLong' | 'TooMany';

const titles: Readonly<Record<FieldErrorType, string>> = {
  Required: 'Required value',
  Invalid: 'Invalid value',
  TypeInvalid: 'Invalid value',
  NotSupported: 'Unsupported value',
  Forbidden: 'Forbidden',
  Duplicate: 'Duplicate value',
  TooLong: 'Too long',
  TooMany: 'Too many',
};

export const required = (field: string, detail = ''): FieldError => ({ type: 'Required', field, detail });
export const invalid = (field: string, value: unknown, detail: string): FieldError => ({ type: 'Invalid', field, value, detail });
export const forbidden = (field: string, detail: string): FieldError => ({ type: 'Forbidden', field, detail });
export const duplicate = (field: string, value: unknown): FieldError => ({ type: 'Duplicate', field, value, detail: '' });
export const unsupported = (field: string, value: unknown, allowed: readonly unknown[]): FieldError => ({
  type: 'NotSupported',
  field,
  value,
  detail: `supported values: ${allowed.map((one) => JSON.stringify(typeof one === 'string' ? one : JSON.stringify(one))).join(', ')}`,
});

/** `Invalid value: -1: spec.replicas in body should be ...`: the message without its field. */
export function errorBody({ type, value, detail }: FieldError): string {
  const shown = value === undefined ? '' : `: ${JSON.stringify(value)}`;
  return `${titles[type]}${shown}${detail === '' ? '' : `: ${detail}`}`;
}

export const errorText = (error: FieldError): string => `${error.field}: ${errorBody(error)}`;
