import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Split } from '../core/split.ts';
import type { KubeObject } from '../kube/index.ts';
import { adapterConflicts, projectAdapterObject, readAdapter, readLeftover } from './adapter.ts';
import { istioAdapter, istioPercents } from './adapters/istio.ts';
import { linkerdAdapter } from './adapters/linkerd.ts';
import { aSplit } from './testing/splits.ts';

const where = { namespace: 'shop', name: 'web', root: 'web', clusterDomain: 'cluster.local' };
const meta = (name: string, annotations: Record<string, string> = {}) => ({
  name,
  namespace: 'shop',
  uid: 'u',
  resourceVersion: '1',
  annotations,
});

const profile = (dstOverrides: unknown, annotations?: Record<string, string>): KubeObject => ({
  metadata: meta('web.shop.svc.cluster.local', annotations),
  spec: { dstOverrides },
});
const overrides = (...pairs: [service: string, weight: unknown][]) =>
  pairs.map(([service, weight]) => ({ authority: `${service}.shop.svc.cluster.local`, weight }));
const linkerd = (split: Split, object: KubeObject | undefined) =>
  readAdapter(linkerdAdapter, split, object === undefined ? undefined : projectAdapterObject(linkerdAdapter, object));

describe('Linkerd’s ServiceProfile', () => {
  it('is named by the root’s full name', () => {
    expect(linkerdAdapter.objectName(where)).toBe('web.shop.svc.cluster.local');
  });

  it('is unseen where there is none', () => {
    expect(linkerd(aSplit(10), undefined)).toEqual({ kind: 'unseen' });
  });

  it.each<[string, Split, unknown]>([
    ['whole numbers', aSplit(10), overrides(['web-canary', 10], ['web-stable', 90])],
    ['another order', aSplit(10), overrides(['web-stable', 90], ['web-canary', 10])],
    ['quantities', aSplit(10), overrides(['web-canary', '10'], ['web-stable', '90'])],
    ['the same shares of another sum', aSplit(10), overrides(['web-canary', '100m'], ['web-stable', '900m'])],
    ['a zero that is named', aSplit(0), overrides(['web-canary', 0], ['web-stable', 100])],
    ['a zero that is not', aSplit(0), overrides(['web-stable', '1'])],
    [
      'ports',
      aSplit(10),
      [
        { authority: 'web-canary.shop.svc.cluster.local:8080', weight: 10 },
        { authority: 'web-stable.shop.svc.cluster.local:8080', weight: 90 },
      ],
    ],
  ])('agrees by %s', (_, split, dstOverrides) => {
    expect(linkerd(split, profile(dstOverrides))).toEqual({ kind: 'agrees', object: 'ServiceProfile web.shop.svc.cluster.local' });
  });

  it.each<[string, unknown, string]>([
    [
      'other weights',
      overrides(['web-canary', 0], ['web-stable', 100]),
      'sends 100 % to web-stable, the TrafficSplit says 10 % to web-canary, 90 % to web-stable',
    ],
    ['another Service', overrides(['web-old', 10], ['web-stable', 90]), '10 % to web-old'],
    ['one too many', overrides(['web-canary', 10], ['web-stable', 90], ['web-old', 1]), 'web-old'],
    [
      'another namespace',
      [
        { authority: 'web-canary.pay.svc.cluster.local', weight: 10 },
        { authority: 'web-stable.shop.svc.cluster.local', weight: 90 },
      ],
      'web-canary.pay',
    ],
    ['a weight that is none', overrides(['web-canary', 'x'], ['web-stable', 90]), 'NaN'],
    ['all zero', overrides(['web-canary', 0], ['web-stable', 0]), 'nothing anywhere'],
    ['an empty list', [], 'has no dstOverrides'],
    ['no list', undefined, 'has no dstOverrides'],
  ])('contradicts by %s', (_, dstOverrides, message) => {
    expect(linkerd(aSplit(10), profile(dstOverrides))).toMatchObject({
      kind: 'contradicts',
      message: expect.stringContaining(message) as string,
    });
  });

  it('contradicts where linkerd-smi is told to skip it, even with the right weights', () => {
    const object = profile(overrides(['web-canary', 10], ['web-stable', 90]), { 'smi.linkerd.io/skip': '' });
    expect(linkerd(aSplit(10), object)).toMatchObject({
      kind: 'contradicts',
      message: expect.stringContaining('smi.linkerd.io/skip') as string,
    });
  });

  it('agrees with nothing where both sides say nothing', () => {
    expect(linkerd({ root: 'web', backends: [] }, profile(overrides(['web-stable', 0]))).kind).toBe('contradicts');
  });

  it('agrees exactly with what linkerd-smi copies', () => {
    const percent = fc.integer({ min: 0, max: 100 });
    fc.assert(
      fc.property(percent, percent, (wanted, written) => {
        const view = linkerd(
          aSplit(wanted),
          profile(overrides(...aSplit(written).backends.map(({ service, weight }): [string, unknown] => [service, String(weight)]))),
        );
        expect(view.kind).toBe(wanted === written ? 'agrees' : 'contradicts');
      }),
    );
  });
});

/** What smi-adapter-istio writes. */
const virtualService = (split: Split, name = 'web-vs', hosts = ['web']): KubeObject => ({
  metadata: meta(name),
  spec: {
    hosts,
    http: [
      {
        route: istioPercents(split).backends.map(({ service, weight }) => ({
          destination: { host: service },
          ...(weight === 0 ? {} : { weight }),
        })),
      },
    ],
  },
});
const istio = (split: Split, object: KubeObject) => readAdapter(istioAdapter, split, projectAdapterObject(istioAdapter, object));
const weighted = (...pairs: [string, number][]): Split => ({
  root: 'web',
  backends: pairs.map(([service, weight]) => ({ service, weight })),
});
const percentsOf = (split: Split) => istioPercents(split).backends.map(({ weight }) => weight);

describe('Istio’s VirtualService', () => {
  it('is named after the split', () => {
    expect(istioAdapter.objectName({ ...where, name: 'front' })).toBe('front-vs');
  });

  it('rounds a small canary away where it is last, and not where stable is', () => {
    expect(percentsOf(weighted(['stable', 995], ['canary', 5]))).toEqual([100, 0]);
    expect(percentsOf(weighted(['canary', 5], ['stable', 995]))).toEqual([1, 99]);
    expect(percentsOf(weighted(['canary', 0], ['stable', 0]))).toEqual([0, 0]);
  });

  it('leaves whole percents as they are', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), (percent) => {
        expect(istioPercents(aSplit(percent))).toEqual(aSplit(percent));
        expect(istio(aSplit(percent), virtualService(aSplit(percent))).kind).toBe('agrees');
      }),
    );
  });

  it('agrees with the adapter’s rounding of any split, and never with another percent', () => {
    const thousandths = fc.integer({ min: 0, max: 1000 });
    fc.assert(
      fc.property(thousandths, thousandths, (wanted, written) => {
        const split = (canary: number) => weighted(['canary', canary], ['stable', 1000 - canary]);
        const alike = percentsOf(split(wanted))[0] === percentsOf(split(written))[0];
        expect(istio(split(wanted), virtualService(split(written))).kind).toBe(alike ? 'agrees' : 'contradicts');
      }),
    );
  });

  it('gives everything to a single destination without weight', () => {
    const object = { metadata: meta('web-vs'), spec: { http: [{ route: [{ destination: { host: 'web-stable' } }] }] } };
    expect(istio(aSplit(0), object).kind).toBe('agrees');
    expect(istio(aSplit(1), object).kind).toBe('contradicts');
  });

  it.each([undefined, {}, { http: [] }, { http: [{ route: [] }, { route: [] }] }, { http: 'x' }])(
    'contradicts with %j in place of one route',
    (spec) => {
      expect(istio(aSplit(10), { metadata: meta('web-vs'), spec }).kind).toBe('contradicts');
    },
  );

  it('may not have a rival for the same host', () => {
    const rivals = (name: string, hosts: string[], gateways?: string[]) => {
      const object = virtualService(aSplit(10), name, hosts);
      const spec = { ...(object.spec as object), ...(gateways === undefined ? {} : { gateways }) };
      return adapterConflicts(istioAdapter, where, [projectAdapterObject(istioAdapter, { ...object, spec })]).length;
    };
    expect(rivals('web-vs', ['web'])).toBe(0);
    expect(rivals('mine', ['web'])).toBe(1);
    expect(rivals('mine', ['web.shop.svc.cluster.local'])).toBe(1);
    expect(rivals('mine', ['pay', 'web.example.com'])).toBe(0);
    expect(rivals('edge', ['web'], ['istio-system/edge'])).toBe(0);
    expect(rivals('edge', ['web'], ['istio-system/edge', 'mesh'])).toBe(1);
  });
});

describe('without a split', () => {
  const services = ['web-stable', 'web-canary'];
  const left = (object: KubeObject | undefined) =>
    readLeftover(services, object === undefined ? undefined : projectAdapterObject(linkerdAdapter, object));

  it('an object that still sends to our Services contradicts, also one that linkerd-smi is told to leave alone', () => {
    const message = 'ServiceProfile web.shop.svc.cluster.local still sends 100 % to web-stable, though the TrafficSplit is gone';
    expect(left(profile(overrides(['web-stable', '100'])))).toMatchObject({ kind: 'contradicts', message });
    expect(left(profile(overrides(['web-stable', '100']), { 'smi.linkerd.io/skip': 'true' }))).toMatchObject({ message });
    expect(left(profile(overrides(['web-stable', 'x'])))).toMatchObject({ kind: 'contradicts' });
  });

  it('one that sends to others, or nowhere, or is not there does not', () => {
    expect(left(profile(overrides(['web', 100], ['web-stable', 0]))).kind).toBe('agrees');
    expect(left(profile(null)).kind).toBe('agrees');
    expect(left(undefined).kind).toBe('unseen');
  });

  it('Istio’s VirtualService: each of its routes counts', () => {
    const http = [{ route: [{ destination: { host: 'web' } }] }, { route: [{ destination: { host: 'web-canary' } }] }];
    const object = { metadata: meta('web-vs'), spec: { hosts: ['web'], http } };
    expect(readLeftover(services, projectAdapterObject(istioAdapter, object)).kind).toBe('contradicts');
  });
});
