import { describe, expect, test } from 'vitest';
import { Dependencies, thing } from './dependencies.ts';

const on = (dependencies: Dependencies, name: string) => [...dependencies.on(name)].sort();

describe('what a Rollout looks at', () => {
  test('wakes it, and everybody else who looks at it', () => {
    const dependencies = new Dependencies();
    dependencies.set('shop/web', [thing.service('shop', 'web'), thing.discovery]);
    dependencies.set('shop/api', [thing.service('shop', 'api'), thing.discovery]);
    expect(on(dependencies, thing.service('shop', 'web'))).toEqual(['shop/web']);
    expect(on(dependencies, thing.discovery)).toEqual(['shop/api', 'shop/web']);
    expect(on(dependencies, thing.service('shop', 'nobody'))).toEqual([]);
  });

  test('is replaced by the next look: what it no longer needs does not wake it', () => {
    const dependencies = new Dependencies();
    dependencies.set('shop/web', [thing.config('ConfigMap', 'shop', 'old')]);
    dependencies.set('shop/web', [thing.config('ConfigMap', 'shop', 'new')]);
    expect(on(dependencies, thing.config('ConfigMap', 'shop', 'old'))).toEqual([]);
    expect(on(dependencies, thing.config('ConfigMap', 'shop', 'new'))).toEqual(['shop/web']);
  });

  test('is forgotten with it', () => {
    const dependencies = new Dependencies();
    dependencies.set('shop/web', [thing.discovery]);
    dependencies.forget('shop/web');
    expect(on(dependencies, thing.discovery)).toEqual([]);
  });

  test('a ConfigMap and a Secret of one name are two things', () => {
    expect(thing.config('ConfigMap', 'shop', 'web')).not.toBe(thing.config('Secret', 'shop', 'web'));
  });
});
