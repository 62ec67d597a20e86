import { directServer, sandboxOverHttp } from '../support/sandbox-servers.ts';
import { apiServerContract } from './api-server.contract.ts';

apiServerContract('the sandbox, through the direct port', directServer);
apiServerContract('the sandbox, over HTTP', sandboxOverHttp);
