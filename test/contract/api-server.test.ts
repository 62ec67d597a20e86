import { describe, test } from 'vitest';
import { directServer, sandboxOverHttp } from '../support/sandbox-servers.ts';
import { compareServers } from './api-server/differential.ts';
import { apiServerContract } from './api-server.contract.ts';

apiServerContract('the sandbox, through the direct port', directServer);
apiServerContract('the sandbox, over HTTP', sandboxOverHttp);

describe('random requests', () => {
  test.each([1, 2, 3, 4, 5])('are answered the same through the port and over HTTP: seed %i', async (seed) => {
    const [direct, http] = [await directServer(), await sandboxOverHttp()];
    await compareServers(direct.server, http.server, { seed, steps: 100 });
    await http.close();
    await direct.close();
  });
});
