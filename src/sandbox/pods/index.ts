export { type Behaviour, behaviourOf, defaultBehaviour, type Profiles } from './behaviour.ts';
export { type Latency, parseLatency } from './latency.ts';
export { type Ended, type Fate, Network } from './network.ts';
export { PodServer } from './pod-server.ts';
