import { spawn } from 'node:child_process';
import type { Clock } from '../lib/clock.ts';
import { isObject } from '../lib/json.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import { type KubeFailure, localFailure } from './failure.ts';

/** `users[].user.exec` of a kubeconfig. */
export interface ExecPlugin {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly apiVersion: string;
  /** Given to the plugin where it asks for it (`provideClusterInfo`). */
  readonly cluster?: Readonly<Record<string, unknown>>;
}

export interface ExecCredential {
  readonly token?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly expiresMs?: number;
}

const timeoutMs = 30_000;
const longestOutput = 1024 * 1024;

/** Runs a credential plugin once, for 30 s at most. What it writes to its standard output never reaches a message. */
export function runExecPlugin(plugin: ExecPlugin, clock: Clock): Promise<Result<ExecCredential, KubeFailure>> {
  return new Promise((resolve) => {
    const refuse = (what: string) =>
      resolve(fail(localFailure('unauthorized', `credential plugin ${plugin.command}: ${what}`, 'ExecPlugin')));
    const child = spawn(plugin.command, [...plugin.args], { env: environment(plugin), stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let complaint = '';
    const cancel = clock.after(timeoutMs, () => {
      child.kill('SIGKILL');
      refuse(`no answer within ${timeoutMs / 1_000} s`);
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (output.length < longestOutput) output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (complaint.length < 200) complaint += text;
    });
    child.on('error', (error) => {
      cancel();
      refuse(error.message);
    });
    child.on('close', (code) => {
      cancel();
      if (code !== 0) return refuse(`exit code ${code}: ${complaint.slice(0, 200).trim()}`);
      const credential = readCredential(output);
      if (credential === undefined) refuse('its answer is no ExecCredential');
      else resolve(ok(credential));
    });
  });
}

function environment(plugin: ExecPlugin): NodeJS.ProcessEnv {
  const info = {
    apiVersion: plugin.apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, ...(plugin.cluster === undefined ? {} : { cluster: plugin.cluster }) },
  };
  return { ...process.env, ...plugin.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) };
}

function readCredential(output: string): ExecCredential | undefined {
  const status = parse(output)?.status;
  if (!isObject(status)) return undefined;
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  const { token, cert, key } = { token: text(status.token), cert: text(status.clientCertificateData), key: text(status.clientKeyData) };
  const expiresMs = Date.parse(text(status.expirationTimestamp) ?? '');
  if (token === undefined && (cert === undefined || key === undefined)) return undefined;
  return {
    ...(token === undefined ? {} : { token }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(Number.isNaN(expiresMs) ? {} : { expiresMs }),
  };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
