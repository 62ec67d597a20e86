import { z } from 'zod';
import { crdHints } from './schema.ts';

/** Ports of a root Service that the Rollout makes. */

const servicePort = z.object({
  name: z.string().max(63).optional(),
  port: z.int().min(1).max(65_535),
  targetPort: z.union([z.int().min(1).max(65_535), z.string().min(1).max(63)]).optional(),
  protocol: z.enum(['TCP', 'UDP', 'SCTP']).optional(),
  appProtocol: z.string().max(253).optional(),
  nodePort: z.int().min(0).max(65_535).optional(),
});

export const servicePorts = z.array(servicePort).max(32);
crdHints.add(servicePorts, {
  cel: [
    ['self.size() < 2 || self.all(port, has(port.name))', 'several ports need names'],
    ['self.all(port, !has(port.name) || self.exists_one(other, has(other.name) && other.name == port.name))', 'two ports have one name'],
    [
      "self.all(port, self.exists_one(other, other.port == port.port && (has(other.protocol) ? other.protocol : 'TCP') == (has(port.protocol) ? port.protocol : 'TCP')))",
      'one port is given twice',
    ],
  ],
});

export type ServicePort = z.output<typeof servicePort>;
