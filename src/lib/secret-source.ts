import { readFile } from 'node:fs/promises';
import type { Clock } from './clock.ts';
import type { Result } from './result.ts';
import { fail, ok } from './result.ts';
import { Secret } from './secret.ts';

/** Where secrets are: files (a mounted Secret, say) or variables; two at once while one is being replaced by the other. */
export interface SecretSource {
  readonly files: readonly string[];
  readonly variables: readonly string[];
}

/** Files are read again after this long: a mounted Secret changes without a word. */
const freshMs = 5_000;
const longest = 8_192;

/** Reads secrets when they are needed. A failure names the file or variable, never what is in it. */
export class SecretReader {
  readonly #clock: Clock;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #read = new Map<string, { readonly atMs: number; readonly value: Promise<Result<Secret, string>> }>();

  constructor(clock: Clock, env: Readonly<Record<string, string | undefined>>) {
    this.#clock = clock;
    this.#env = env;
  }

  /** At least one. Where one of two cannot be read the other still holds. */
  async of({ files, variables }: SecretSource): Promise<Result<readonly Secret[], string>> {
    const read = [...(await Promise.all(files.map((file) => this.#file(file)))), ...variables.map((name) => this.#variable(name))];
    const secrets = read.flatMap((one) => (one.ok ? [one.value] : []));
    const problems = read.flatMap((one) => (one.ok ? [] : [one.failure]));
    return secrets.length > 0 ? ok(secrets) : fail(problems.join('; ') || 'no secret is named');
  }

  #file(path: string): Promise<Result<Secret, string>> {
    const nowMs = this.#clock.monotonicMs();
    const known = this.#read.get(path);
    if (known !== undefined && nowMs - known.atMs < freshMs) return known.value;
    const value = readFile(path, 'utf8').then(
      (text) => secretOf(text, path),
      (error: unknown) => fail(`${path}: ${error instanceof Error && 'code' in error ? String(error.code) : 'cannot be read'}`),
    );
    this.#read.set(path, { atMs: nowMs, value });
    return value;
  }

  #variable(name: string): Result<Secret, string> {
    const text = this.#env[name];
    return text === undefined ? fail(`${name}: is not set`) : secretOf(text, name);
  }
}

function secretOf(text: string, from: string): Result<Secret, string> {
  const value = text.trim();
  if (value === '') return fail(`${from}: is empty`);
  return value.length > longest ? fail(`${from}: is longer than ${longest} characters`) : ok(new Secret(value));
}
