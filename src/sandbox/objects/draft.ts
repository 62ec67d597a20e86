import type { ApiDraft } from '../api/index.ts';
import type { Meta } from './types.ts';

/** A typed object as a client sends it. */
export const draftOf = <T extends { readonly metadata: Partial<Meta> }>(object: T): ApiDraft => object as unknown as ApiDraft;
