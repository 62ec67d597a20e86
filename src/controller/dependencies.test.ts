import { describe, expect, test } from 'vitest';
import { hash31 } from '../lib/index.ts';
import { Dependencies, thing } from './dependencies.ts';

const on = (dependencies: Dependencies, name: string) => [...dependencies.on(name)].sort();

describe('what a Rollout looks at', () => {
  test('wakes it, and everybody else who looks at it', () => {
    const dependencies = new Dependencies();
    dependencies.set('shop/web', [thing.service('shop', 'web'), thing.template('', 'errors')]);
    dependencies.set('shop/api', [thing.service('shop', 'api'), thing.template('', 'errors')]);
    expect(on(dependencies, thing.service('shop', 'web'))).toEqual(['shop/web']);
    expect(on(dependencies, thing.template('', 'errors'))).toEqual(['shop/api', 'shop/web']);
    expect(on(dependencies, thing.service('shop', 'nobody'))).toEqual([]);
  });

  test('is replaced by the next look: what it no longer needs does not wake it', () => {
    const dependencies = new Dependencies();
    dependencies.set('shop/web', [thing.config('ConfigMap', 'shop', 'old')]);
    dependencies.set('shop/web', [thing.config('ConfigMap', 'shop', 'new')]);
    expect(on(dependencies, thing.config('ConfigMap', 'shop', 'old'))).toEqual([]);
    expect(on(dependencies, thing.config('ConfigMap', 'shop', 'new'))).toEqual(['shop/web']);
  });

  test('may have the hash of another thing: then either wakes both Rollouts, and each is taken off by itself', () => {
    const [one, other] = [thing.service('shop', 'web-56559'), thing.service('shop', 'web-195546')];
    expect(hash31(one)).toBe(hash31(other));
    const dependencies = new Dependencies();
    dependencies.set('shop/web', [one]);
    dependencies.set('shop/api', [other]);
    expect(on(dependencies, one)).toEqual(['shop/api', 'shop/web']);
    dependencies.set('shop/api', []);
    expect(on(dependencies, other)).toEqual(['shop/web']);
    dependencies.set('shop/both', [one, other]);
    dependencies.set('shop/both', []);
    expect(on(dependencies, one)).toEqual(['shop/web']);
  });

  test('is forgotten with it', () => {
    const dependencies = new Dependencies();
    dependencies.set('shop/web', [thing.mesh('web')]);
    dependencies.forget('shop/web');
    expect(on(dependencies, thing.mesh('web'))).toEqual([]);
  });

  test('a ConfigMap and a Secret of one name are two things', () => {
    expect(thing.config('ConfigMap', 'shop', 'web')).not.toBe(thing.config('Secret', 'shop', 'web'));
  });
});
