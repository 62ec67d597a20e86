import type { Clock, HttpExchange, Logger, Random } from '../lib/index.ts';
import type { MemoryStore } from './memory-store.ts';
import type { SecretReading } from './target.ts';

export interface NotifierOptions {
  readonly store: MemoryStore;
  readonly exchange: HttpExchange;
  readonly secrets: SecretReading;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}
