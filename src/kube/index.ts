export type { Fence } from './caller.ts';
export { createKubeClient, type KubeClientOptions } from './client.ts';
export { ClusterClock } from './cluster-clock.ts';
export { Contact, type ContactOptions } from './contact.ts';
export { type ControllerOptions, type ReconcileOutcome, runController } from './controller.ts';
export { type ApiGroup, discover } from './discovery.ts';
export {
  describeFailure,
  failureFromStatus,
  isCutOff,
  isTransient,
  type KubeFailure,
  type KubeFailureKind,
  localFailure,
} from './failure.ts';
export { type KubeHealth, kubeHealth, type ReflectorHealth } from './health.ts';
export { HttpTransport, type HttpTransportOptions } from './http-transport.ts';
export type {
  DeleteOptions,
  KubeClient,
  ListQuery,
  ObjectList,
  ObjectPage,
  PageQuery,
  PatchOptions,
  RawOptions,
  ReplaceOptions,
  Selection,
  WatchQuery,
  WriteOptions,
} from './kube-client.ts';
export { contextNames, type LoadedCredentials, type LoadOptions, loadCredentials } from './kubeconfig.ts';
export { type LeaderCallbacks, LeaderElector, type LeaderElectorOptions } from './leader-election.ts';
export { type LeaseRecord, type LeaseState, type LeaseTiming, leaseResource, leaseState, leaseTimingProblem, microTime } from './lease.ts';
export { ensureNamespace } from './namespace.ts';
export {
  compareResourceVersions,
  type KubeObject,
  keyOf,
  type ManagedFieldsEntry,
  type ObjectKey,
  type ObjectMeta,
  type ObjectRef,
  type OwnerReference,
  type Resource,
  refOf,
} from './object.ts';
export { type EventSubject, type RecordedEvent, Recorder, type RecorderOptions } from './recorder.ts';
export { Reflector, type ReflectorOptions } from './reflector.ts';
export { apiVersionOf, collectionPath, resourcePath } from './resource-path.ts';
export { type Change, Store, type StoreOptions, type Versioned } from './store.ts';
export {
  type Access,
  type Credentials,
  noCredentials,
  type Priority,
  type TlsMaterial,
  type Transport,
  type TransportReply,
  type TransportRequest,
  type TransportStream,
} from './transport.ts';
export { WorkQueue, type WorkQueueOptions } from './work-queue.ts';
