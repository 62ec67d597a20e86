export {
  type ApiDraft,
  type ApiRefusal,
  type ApiResult,
  type ClientSelection,
  type ClientWrite,
  createDirectClient,
  type DirectClient,
} from './client.ts';
export type { ApiAnswer, ApiObject, ApiPort, ApiRequest, ApiWatch, ApiWatchEvent, WatchOpening } from './port.ts';
