import { readFileSync } from 'node:fs';
import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { Logger, Result } from '../lib/index.ts';
import { fail, ok } from '../lib/index.ts';

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface TlsPair {
  readonly cert: string;
  readonly key: string;
}

export const tlsVersion = 'TLSv1.2';
const lookMs = 10_000;

/** Both files, where they are a certificate and its key. */
export function readTls({ certFile, keyFile }: TlsFiles): Result<TlsPair, string> {
  try {
    const pair = { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
    createSecureContext({ ...pair, minVersion: tlsVersion });
    return ok(pair);
  } catch (error) {
    return fail(`${certFile} and ${keyFile}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export interface Reloading {
  readonly server: Pick<Server, 'setSecureContext'>;
  readonly files: TlsFiles;
  /** What is served now. */
  readonly pair: TlsPair;
  readonly log: Logger;
  readonly every: (ms: number, run: () => void) => () => void;
}

/**
 * Serves the files as they are now, from the next connection on. Looked at by content, since kubelets swap them by links that no watch follows. Such as are no pair (one of
 * them is often written before the other) change nothing, and are said once.
 */
export function reloadTls({ server, files, pair, log, every }: Reloading): () => void {
  let served = pair;
  let said: string | undefined;
  return every(lookMs, () => {
    const read = readTls(files);
    if (!read.ok) {
      if (said !== read.failure) log.error({ failure: read.failure }, 'the new certificate cannot be used; the old one is served on');
      said = read.failure;
      return;
    }
    said = undefined;
    if (read.value.cert === served.cert && read.value.key === served.key) return;
    served = read.value;
    server.setSecureContext({ ...served, minVersion: tlsVersion });
    log.info({ file: files.certFile }, 'a new certificate is served');
  });
}
