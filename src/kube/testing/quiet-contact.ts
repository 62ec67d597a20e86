import { type Clock, seededRandom, silentLogger } from '../../lib/index.ts';
import { Contact } from '../contact.ts';
import type { Transport } from '../transport.ts';

/** Of a server that is never in doubt, so that nobody probes it. */
export function quietContact(clock: Clock): Contact {
  const probed = () => Promise.reject(new Error('nobody probes'));
  const transport: Transport = { request: probed, stream: probed, close: () => Promise.resolve() };
  return new Contact({ transport, clock, random: seededRandom(1), log: silentLogger });
}
