export { configMapMemories, type MemoryStore, memoryNames } from './memory-store.ts';
export type { Evidence, Observed, Series } from './news.ts';
export { Notifier } from './notifier.ts';
export type { NotifierOptions } from './notifier-options.ts';
export { type NotificationSettings, notificationsSchema } from './settings.ts';
