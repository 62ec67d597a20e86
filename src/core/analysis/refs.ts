import { z } from 'zod';
import { crdHints, dnsName } from '../schema.ts';

/** References to templates, as steps and background analyses make them. */
export const templateRefs = () => {
  const refs = z
    .array(z.object({ name: dnsName(), clusterScope: z.boolean().default(false) }))
    .min(1)
    .max(16);
  crdHints.add(refs, { listType: 'map', listMapKeys: ['name', 'clusterScope'] });
  return refs;
};

/** Arguments given to the templates. */
export const argValues = () => {
  const values = z.array(z.object({ name: z.string().min(1).max(63), value: z.string().max(4096) })).max(50);
  crdHints.add(values, { listType: 'map', listMapKeys: ['name'] });
  return values.default([]);
};
