// What the bed stands on. Scenarios do not know: all that differs between a real control plane and the sandbox is behind this one door.
import type { BedInfo } from './layout.ts';
import { startGenerator } from './load-process.ts';
import type { Generator, LoadOptions } from './load-types.ts';
import { accepts } from './process.ts';
import { sandboxGround } from './sandbox/ground.ts';

/** A Service that clients call, at port 80. */
export interface RootService {
  readonly namespace: string;
  readonly service: string;
  readonly clusterIp: string;
}

export interface Ground {
  /** Whether the data plane takes requests for the Service. */
  takes(root: RootService): Promise<boolean>;
  /** Somebody who sends it requests from now on. */
  generate(root: RootService, options: LoadOptions): Promise<Generator>;
}

export const groundOf = (info: BedInfo): Ground => (info.ground === 'sandbox' ? sandboxGround(info) : clusterGround(info));

/** Real sockets: whoever binds a ClusterIP answers there. */
function clusterGround({ runDir }: BedInfo): Ground {
  const target = ({ clusterIp }: RootService) => `${clusterIp}:80`;
  return {
    takes: (root) => accepts(target(root)),
    generate: async (root, options) => startGenerator(runDir, root.namespace, target(root), options),
  };
}
