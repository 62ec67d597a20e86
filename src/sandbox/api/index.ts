export { attemptOf } from './authorize.ts';
export type { User } from './call.ts';
export {
  type ApiDraft,
  type ApiRefusal,
  type ApiResult,
  type ClientSelection,
  type ClientWrite,
  createDirectClient,
  type DirectClient,
} from './client.ts';
export { type CallFault, type EventFault, type Faults, troubles, type WatchCut } from './faults.ts';
export type { FrontEnd } from './front-end.ts';
export { type HttpApi, serveHttp } from './http-server.ts';
export { type ApiLine, createLine, type LineOptions, type LineWatch, type Outcome, type WatchListener } from './line.ts';
export { isWatch, parsePath, type ResourcePath } from './path.ts';
export type { ApiAnswer, ApiObject, ApiPort, ApiRequest, ApiWatch, ApiWatchEvent, WatchOpening } from './port.ts';
export { type ApiServer, type ApiServerOptions, createApiServer } from './server.ts';
export type { Commit, ObjectStore } from './store.ts';
export { DirectTransport, type DirectTransportOptions } from './transport.ts';
