import { describe, expect, test } from 'vitest';
import { configHash, configUses, originalTemplate, revisionOf, revisionTemplate } from './revision.ts';
import type { PodTemplate } from './world.ts';

const probe = { httpGet: { path: '/', port: 8080 } };
const plain: PodTemplate = {
  metadata: { labels: { app: 'web' } },
  spec: {
    containers: [
      {
        name: 'web',
        image: 'registry.example/web:1.2',
        ports: [{ containerPort: 8080 }],
        readinessProbe: probe,
        resources: {},
        env: [
          { name: 'EMPTY', value: '' },
          { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'a' } } },
        ],
      },
    ],
    serviceAccountName: 'web',
    volumes: [
      { name: 'settings', configMap: { name: 'settings' } },
      { name: 'token', projected: { sources: [{ serviceAccountToken: { path: 't' } }, { secret: { name: 'tls' } }] } },
    ],
  },
};
/** The same, as a kube-apiserver gives it back. */
const stored: PodTemplate = {
  metadata: { creationTimestamp: null, labels: { app: 'web' } },
  spec: {
    volumes: [
      { name: 'settings', configMap: { name: 'settings', defaultMode: 420 } },
      {
        name: 'token',
        projected: {
          sources: [{ serviceAccountToken: { expirationSeconds: 3600, path: 't' } }, { secret: { name: 'tls' } }],
          defaultMode: 420,
        },
      },
    ],
    containers: [
      {
        name: 'web',
        image: 'registry.example/web:1.2',
        ports: [{ containerPort: 8080, protocol: 'TCP' }],
        env: [
          { name: 'EMPTY' },
          { name: 'POD', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
          { name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'a' } } },
        ],
        resources: {},
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
        imagePullPolicy: 'IfNotPresent',
        readinessProbe: {
          httpGet: { path: '/', port: 8080, scheme: 'HTTP' },
          timeoutSeconds: 1,
          periodSeconds: 10,
          successThreshold: 1,
          failureThreshold: 3,
        },
      },
    ],
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    serviceAccountName: 'web',
    serviceAccount: 'web',
    securityContext: {},
    schedulerName: 'default-scheduler',
  },
};
const changed = (value: unknown): PodTemplate => ({ ...plain, spec: { ...(plain.spec as object), nodeName: value } });

describe('a revision', () => {
  test('is ten characters of the hash of what the user wrote', () => expect(revisionOf(plain, [])).toMatch(/^[0-9a-f]{10}$/));
  test('is the same before and after the API server filled in its defaults', () =>
    expect(revisionOf(stored, [])).toBe(revisionOf(plain, [])));
  test('is blind to the order of keys, and to the order of the configuration', () => {
    const reversed = Object.fromEntries(Object.entries(plain).reverse());
    expect(revisionOf(reversed, [])).toBe(revisionOf(plain, []));
    const configs = [
      { kind: 'ConfigMap', name: 'a', hash: '1' },
      { kind: 'Secret', name: 'b', hash: '2' },
    ] as const;
    expect(revisionOf(plain, configs)).toBe(revisionOf(plain, [...configs].reverse()));
  });
  test('is blind to our own labels', () =>
    expect(revisionOf({ ...plain, metadata: { labels: { app: 'web', 'sluice.dev/revision': 'x' } } }, [])).toBe(revisionOf(plain, [])));
  test('changes with the template, with a restart, and with the content of its configuration', () => {
    const restarted = { ...plain, metadata: { labels: { app: 'web' }, annotations: { 'kubectl.kubernetes.io/restartedAt': 'now' } } };
    const configured = (hash: string) => revisionOf(plain, [{ kind: 'ConfigMap', name: 'settings', hash }]);
    expect(
      new Set([revisionOf(plain, []), revisionOf(changed('n1'), []), revisionOf(restarted, []), configured('1'), configured('2')]).size,
    ).toBe(5);
  });
  test('of a :latest image has Always as the default pull policy', () => {
    const image = (name: string, imagePullPolicy?: string) =>
      revisionOf({ spec: { containers: [{ name: 'a', image: name, ...(imagePullPolicy === undefined ? {} : { imagePullPolicy }) }] } }, []);
    expect(image('localhost:5000/a', 'Always')).toBe(image('localhost:5000/a'));
    expect(image('a:1', 'Always')).not.toBe(image('a:1'));
  });
});

describe('the template of a revision’s Deployment', () => {
  const configs = [
    { kind: 'ConfigMap', name: 'settings', hash: '1' },
    { kind: 'Secret', name: 'tls', hash: '2' },
  ] as const;
  const made = revisionTemplate('web', 'abc', plain, configs);
  test('reads the revision’s own copies', () =>
    expect(
      configUses(made)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['settings-abc', 'tls-abc']));
  test('turns back into what the user wrote', () => expect(originalTemplate('abc', made, configs)).toEqual(plain));
  test('with a name that is too long for its copy, too; and what only looks like a copy is the user’s', () => {
    const name = 'n'.repeat(250);
    const env = [{ configMapRef: { name } }, { configMapRef: { name: 'theirs-abc' } }];
    const template = { spec: { containers: [{ name: 'web', envFrom: env }] } };
    const long = [{ kind: 'ConfigMap', name, hash: '1' }] as const;
    expect(originalTemplate('abc', revisionTemplate('web', 'abc', template, long), long)).toMatchObject(template);
  });
  test('or reads what is kept for it, which turns back as well', () => {
    const [settings] = configs;
    const kept = originalTemplate('abc', made, configs, [settings]);
    expect(configUses(kept).map(({ name }) => name)).toEqual(expect.arrayContaining(['settings-kept-abc', 'tls']));
    expect(originalTemplate('abc', kept, configs)).toEqual(plain);
  });
  test('leaves what is not tracked', () =>
    expect(
      configUses(revisionTemplate('web', 'abc', plain, []))
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['settings', 'tls']));
});

test('the hash of a configuration is of its data alone', () => {
  expect(configHash({ data: { a: '1', b: '2' } })).toBe(configHash({ data: { b: '2', a: '1' }, binaryData: {} }));
  expect(configHash({ data: { a: '1' } })).not.toBe(configHash({ binaryData: { a: '1' } }));
});
