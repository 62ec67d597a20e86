import { describe, expect, test } from 'vitest';
import { changed, goodRollout } from '../../test/cluster/kinds.cases.ts';
import { decodeRollout } from '../api/index.ts';
import type { KubeObject } from '../kube/index.ts';
import { rolloutSpecs, UserTemplates } from './read-before.ts';

const aRollout = (changes: Record<string, unknown> = {}) => structuredClone(changed(goodRollout(), changes)) as unknown as KubeObject;

describe('the spec of a Rollout', () => {
  test('is read once for all states of the Rollout that have it', () => {
    const specOf = rolloutSpecs();
    const first = specOf(aRollout());
    expect(specOf(aRollout({ 'metadata.resourceVersion': '8', 'status.phase': 'Healthy' })).value).toBe(first.value);
    expect(specOf(aRollout({ 'spec.paused': true })).value).toMatchObject({ paused: true });
  });

  test('is decoded as by itself, with the errors that the name of the Rollout makes', () => {
    const specOf = rolloutSpecs();
    const objects = [
      aRollout(),
      aRollout({ 'metadata.name': '1web' }),
      aRollout({ 'spec.service': {} }),
      { metadata: aRollout().metadata },
      aRollout(),
    ];
    for (const object of objects) expect(decodeRollout(object, specOf)).toEqual(decodeRollout(object));
  });
});

test('a template that is as it was is hashed and packed once, and another by itself', () => {
  const templates = new UserTemplates();
  const web = (image: string) => ({ spec: { containers: [{ name: 'web', image, envFrom: [{ configMapRef: { name: 'settings' } }] }] } });
  const first = templates.of(web('web:1'));
  expect(templates.of(web('web:1'))).toBe(first);
  const second = templates.of(web('web:2'));
  expect(second.hash).not.toBe(first.hash);
  expect([first, second].map(({ packed }) => JSON.parse(packed.unpack()))).toEqual([web('web:1'), web('web:2')]);
  expect(second.uses).toEqual([{ kind: 'ConfigMap', name: 'settings', isOptional: false }]);
});
