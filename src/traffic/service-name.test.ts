import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseServiceName, plainServiceName, serviceKey } from './service-name.ts';

describe('names of Services', () => {
  it.each([
    'web',
    'web.shop',
    'web.shop.svc',
    'web.shop.svc.cluster.local',
    'web.shop.svc.cluster.local.',
    'web.shop.svc.corp.example:8080',
    'web:80',
    'WEB',
    ' web ',
  ])('reads %j as shop/web', (spelled) => {
    expect(serviceKey(spelled, 'shop')).toBe('shop/web');
    expect(plainServiceName(spelled, 'shop')).toBe('web');
  });

  it('keeps another namespace', () => {
    expect(plainServiceName('web.pay.svc.cluster.local', 'shop')).toBe('web.pay');
  });

  it.each(['web.example.com', '.shop', 'web.', 'a..svc', '*.example.com', ''])('leaves %j equal to nothing but itself', (spelled) => {
    expect(serviceKey(spelled, 'shop')).not.toBe('shop/svc');
    expect(parseServiceName(spelled, 'shop').namespace).toBe('shop');
  });

  it('gives one key for all spellings of a name', () => {
    const label = fc.stringMatching(/^[a-z]([-a-z0-9]{0,8}[a-z0-9])?$/);
    fc.assert(
      fc.property(label, label, label, (name, namespace, here) => {
        const spellings = [`${name}.${namespace}`, `${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`];
        expect(new Set([...spellings.map((text) => serviceKey(text, here)), serviceKey(name, namespace)]).size).toBe(1);
      }),
    );
  });
});
