/** RFC 3339, as Go's decoder takes it. */
const dateTime = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

const checks: Readonly<Record<string, RegExp>> = {
  'date-time': dateTime,
  date: /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/,
  uuid: /^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$/,
  ipv4: /^((25[0-5]|2[0-4]\d|1?\d?\d)(\.|$)){4}$/,
  byte: /^[A-Za-z0-9+/]*={0,2}$/,
};

/** Whether a text misses a format that the API server knows. Unknown formats bind nobody. */
export const formatProblem = (format: string, value: string): boolean => {
  const check = checks[format];
  return check !== undefined && !check.test(value);
};
