import { apiVersion } from '../../api/index.ts';
import { fail, isObject, ok, type Result } from '../../lib/index.ts';
import { type ConnectOptions, connect } from './connect.ts';
import type { ClusterFlags } from './flags.ts';

export interface ServerVersion {
  readonly server: string;
  readonly kubernetes: string;
  /** Our kinds are installed. */
  readonly serves: boolean;
}

export async function serverVersion(flags: ClusterFlags, options: ConnectOptions): Promise<Result<ServerVersion, string>> {
  const connected = await connect(flags, options);
  if (!connected.ok) return connected;
  const { client, server, explain, close } = connected.value;
  const once = { retry: false, deadlineMs: 5_000 };
  try {
    const [found, kinds] = await Promise.all([client.raw('GET', '/version', once), client.raw('GET', `/apis/${apiVersion}`, once)]);
    if (!found.ok) return fail(explain(found.failure, 'ask for the version of the server'));
    const git = isObject(found.value) ? found.value.gitVersion : undefined;
    return ok({ server, kubernetes: typeof git === 'string' ? git : 'of an unknown version', serves: kinds.ok });
  } finally {
    await close();
  }
}
