import { describe, expect, test } from 'vitest';
import { badRollouts, fullRollout, goodRollout } from '../../cluster/kinds.cases.ts';
import { badDecisions, badTemplates, goodDecision, goodTemplate } from '../../cluster/kinds.other-cases.ts';
import { type Ask, at, type Doc, isDoc, ok, type Reply, refused, textAt } from './kit.ts';
import { appsPath, configMap, corePath, deployment, gadget, gadgetPath, service } from './objects.ts';

const plurals: Readonly<Record<string, string>> = {
  Rollout: 'rollouts',
  Decision: 'decisions',
  AnalysisTemplate: 'analysistemplates',
  ClusterAnalysisTemplate: 'clusteranalysistemplates',
  AnalysisRun: 'analysisruns',
};

/** POST of one of our kinds, as by clients that do not ask for strictness; nothing is stored where `dryRun`. */
function postOurs(ask: Ask, object: Doc, query: Readonly<Record<string, string>> = { dryRun: 'All' }): Promise<Reply> {
  const kind = textAt(object, 'kind');
  const place = kind === 'ClusterAnalysisTemplate' ? '' : `/namespaces/${ask.namespace}`;
  const namespace = kind === 'ClusterAnalysisTemplate' ? undefined : ask.namespace;
  const { namespace: _, ...metadata } = isDoc(object.metadata) ? object.metadata : {};
  const moved = { ...object, metadata: { ...metadata, ...(namespace === undefined ? {} : { namespace }) } };
  return ask.post(`/apis/sluice.dev/v1alpha1${place}/${plurals[kind] ?? ''}`, moved, { fieldValidation: 'Ignore', ...query });
}

/** What schemas do to objects: defaults, pruning, refusals with their paths, rules in CEL. */
export function schemaContract(open: (name: string) => Promise<Ask>): void {
  const made = async (name: string, spec: Doc): Promise<Doc> => {
    const ask = await open(name);
    return ask.made(gadgetPath(ask.namespace), gadget('a', spec));
  };
  const refusal = async (spec: Doc, query: Readonly<Record<string, string>> = {}): Promise<string> => {
    const ask = await open('refusal');
    return String(
      refused(await ask.post(gadgetPath(ask.namespace), gadget('a', spec), { dryRun: 'All', ...query }), 422, 'Invalid').message,
    );
  };

  describe('defaults', () => {
    test('are filled in where members are missing, in nested objects that are there, and in items', async () => {
      expect(await made('defaults', { parts: [{ name: 'x' }], nested: { other: 'o' } })).toMatchObject({
        spec: { size: 1, mode: 'open', parts: [{ name: 'x', count: 1 }], nested: { deep: 'down', other: 'o' } },
        status: { phase: 'New' },
      });
    });

    test('a default that is an object is completed by those inside it', async () => {
      expect(at(await made('defaults-deep', {}), 'spec.nested')).toEqual({ deep: 'down' });
    });

    test('null counts as missing, unless it is allowed', async () => {
      const object = await made('nulls', { size: null, name: null, maybe: null });
      expect(at(object, 'spec.size')).toBe(1);
      expect(at(object, 'spec.maybe')).toBe(null);
      expect(isDoc(object.spec) && 'name' in object.spec).toBe(false);
    });
  });

  describe('pruning', () => {
    test('drops members that the schema does not know, with a warning', async () => {
      const ask = await open('prune');
      const reply = await ask.post(gadgetPath(ask.namespace), {
        ...gadget('a', { typo: 1, nested: { typo: 2 }, parts: [{ name: 'x', typo: 3 }] }),
        extra: 1,
      });
      const object = ok(reply, 201);
      expect(object.extra).toBeUndefined();
      expect(object.spec).toEqual({ size: 1, mode: 'open', nested: { deep: 'down' }, parts: [{ name: 'x', count: 1 }] });
      for (const path of ['extra', 'spec.typo', 'spec.nested.typo', 'spec.parts[0].typo'])
        expect(reply.headers.warning).toContain(`299 - "unknown field \\"${path}\\""`);
    });

    test('keeps what the schema says to keep', async () => {
      const object = await made('keep', { free: { known: 'k', anything: { goes: [1, { deep: true }] } }, options: { any: 'key' } });
      expect(at(object, 'spec.free')).toEqual({ known: 'k', anything: { goes: [1, { deep: true }] } });
      expect(at(object, 'spec.options')).toEqual({ any: 'key' });
    });

    test('drops unknown metadata', async () => {
      const ask = await open('prune-meta');
      const object = await ask.made(gadgetPath(ask.namespace), gadget('a', {}, { clusterName: 'x', labels: { a: 'b' } }));
      expect(at(object, 'metadata.clusterName')).toBeUndefined();
      expect(at(object, 'metadata.labels')).toEqual({ a: 'b' });
    });

    test('Strict refuses all unknown members by their paths, on creation and in a patch', async () => {
      const ask = await open('strict');
      const query = { fieldValidation: 'Strict' };
      const reply = await ask.post(gadgetPath(ask.namespace), gadget('a', { typo: 1, parts: [{ name: 'x', other: 3 }] }), query);
      expect(refused(reply, 400, 'BadRequest').message).toBe(
        'Gadget in version "v1" cannot be handled as a Gadget: strict decoding error: unknown field "spec.parts[0].other", unknown field "spec.typo"',
      );
      await ask.made(gadgetPath(ask.namespace), gadget('a'));
      const patched = await ask.patch(gadgetPath(ask.namespace, 'a'), { spec: { typo: 1 } }, 'merge', query);
      const { message } = refused(patched, 422, 'Invalid');
      expect(message).toContain(' "" is invalid: patch: Invalid value: "');
      expect(message).toContain('strict decoding error: unknown field \\"spec.typo\\"'.replaceAll('\\', ''));
    });

    test('Ignore says nothing', async () => {
      const ask = await open('ignore');
      const reply = await ask.post(gadgetPath(ask.namespace), gadget('a', { typo: 1 }), { fieldValidation: 'Ignore' });
      expect(ok(reply, 201).spec).not.toHaveProperty('typo');
      expect(reply.headers.warning).toBeUndefined();
    });
  });

  describe('validation', () => {
    test.each<[string, Doc, string]>([
      ['minimum', { size: -1 }, 'spec.size: Invalid value: -1: spec.size in body should be greater than or equal to 0'],
      ['maximum', { size: 101 }, 'spec.size: Invalid value: 101: spec.size in body should be less than or equal to 100'],
      ['exclusive minimum', { ratio: 0 }, 'spec.ratio: Invalid value: 0: spec.ratio in body should be greater than 0'],
      ['type', { size: 'big' }, 'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"'],
      ['type of a list', { words: 'x' }, 'spec.words: Invalid value: "string": spec.words in body must be of type array: "string"'],
      ['type of an object', { nested: 3 }, 'spec.nested: Invalid value: "integer": spec.nested in body must be of type object: "integer"'],
      [
        'a fraction for an integer',
        { size: 1.5 },
        'spec.size: Invalid value: "number": spec.size in body must be of type integer: "number"',
      ],
      ['int or string', { port: true }, 'spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"'],
      ['enum', { mode: 'shut' }, 'spec.mode: Unsupported value: "shut": supported values: "open", "frozen", "Secret"'],
      ['pattern', { name: 'UPPER' }, `spec.name: Invalid value: "UPPER": spec.name in body should match '^[a-z]+$'`],
      ['minLength', { name: 'a' }, 'spec.name: Invalid value: "a": spec.name in body should be at least 2 chars long'],
      ['maxLength', { name: 'abcdefghij' }, 'spec.name: Too long: may not be more than 8 bytes'],
      ['format', { when: 'tomorrow' }, 'spec.when: Invalid value: "tomorrow": spec.when in body must be of type date-time: "tomorrow"'],
      ['required', { parts: [{ color: 'red' }] }, 'spec.parts[0].name: Required value'],
      ['minItems', { steps: [] }, 'spec.steps: Invalid value: 0: spec.steps in body should have at least 1 items'],
      ['maxItems', { words: ['a', 'b', 'c', 'd', 'e'] }, 'spec.words: Too many: 5: must have at most 4 items'],
      ['maxProperties', { options: { a: '1', b: '2', c: '3', d: '4' } }, 'spec.options: Too many: 4: must have at most 3 items'],
      [
        'values of a map',
        { options: { a: 1 } },
        'spec.options.a: Invalid value: "integer": spec.options.a in body must be of type string: "integer"',
      ],
      ['keys of a list', { parts: [{ name: 'x' }, { name: 'x' }] }, 'spec.parts[1]: Duplicate value: {"name":"x"}'],
      ['items of a set', { words: ['x', 'x'] }, 'spec.words[1]: Duplicate value: "x"'],
    ])('%s', async (_rule, spec, message) => {
      expect(await refusal(spec)).toContain(message);
    });

    test('says everything at once, with a cause for each', async () => {
      const ask = await open('all-errors');
      const reply = await ask.post(gadgetPath(ask.namespace), gadget('a', { size: -1, name: 'UPPER', ratio: -2 }), { dryRun: 'All' });
      const { message, details } = refused(reply, 422, 'Invalid');
      expect(message).toMatch(/^Gadget\.contract\.sluice\.test "a" is invalid: \[/);
      expect(details).toMatchObject({ name: 'a', group: 'contract.sluice.test', kind: 'Gadget' });
      expect(at(details, 'causes')).toHaveLength(3);
      expect(at(details, 'causes')).toContainEqual({
        reason: 'FieldValueInvalid',
        message: 'Invalid value: -1: spec.size in body should be greater than or equal to 0',
        field: 'spec.size',
      });
    });

    test('a missing spec', async () => {
      const ask = await open('no-spec');
      const { spec: _, ...bare } = gadget('a');
      expect(refused(await ask.post(gadgetPath(ask.namespace), bare), 422, 'Invalid').message).toContain('spec: Required value');
    });

    test('what was wrong and did not change is let through; what changes is checked', async () => {
      const ask = await open('ratchet');
      const path = gadgetPath(ask.namespace, 'a');
      await ask.made(gadgetPath(ask.namespace), gadget('a', { low: 1, high: 3 }));
      ok(await ask.patch(path, { metadata: { labels: { a: 'b' } } }));
      refused(await ask.patch(path, { spec: { low: 4 } }), 422, 'Invalid');
    });
  });

  describe('rules in CEL', () => {
    test('are refused at the field that they name', async () => {
      expect(await refusal({ low: 3, high: 2 })).toBe(
        'Gadget.contract.sluice.test "a" is invalid: spec.low: Invalid value: low must not exceed high',
      );
    });

    test('have a reason and a message of their own', async () => {
      expect(await refusal({ mode: 'Secret' })).toContain('spec: Forbidden: mode Secret is not for everybody');
    });

    test('are not asked of an object that is unsound otherwise, and that is said', async () => {
      const message = await refusal({ low: 3, high: 2, mode: 'odd' });
      expect(message).toContain('spec.mode: Unsupported value');
      expect(message).not.toContain('low must not exceed high');
      expect(message).toContain(
        '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
      );
    });

    test('about oldSelf are asked on updates only', async () => {
      const ask = await open('transition');
      const path = gadgetPath(ask.namespace, 'a');
      await ask.made(gadgetPath(ask.namespace), gadget('a', { mode: 'frozen', size: 3 }));
      ok(await ask.patch(path, { spec: { name: 'abc' } }));
      expect(refused(await ask.patch(path, { spec: { size: 4 } }), 422, 'Invalid').message).toContain('a frozen gadget keeps its size');
      ok(await ask.patch(`${path}/status`, { status: { phase: 'Ready' } }));
    });
  });

  describe('a CustomResourceDefinition', () => {
    const definition = (name: string, rule: string): Doc => ({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${name}s.bad.sluice.test` },
      spec: {
        group: 'bad.sluice.test',
        scope: 'Namespaced',
        names: { plural: `${name}s`, kind: 'Bad' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: { spec: { type: 'object', 'x-kubernetes-validations': [{ rule }], properties: { a: { type: 'string' } } } },
              },
            },
          },
        ],
      },
    });
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

    test('with a rule that does not compile is refused', async () => {
      const ask = await open('bad-rule');
      const { message } = refused(await ask.post(path, definition('bad', 'self.a == ')), 422, 'Invalid');
      expect(message).toContain('spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule');
      expect(message).toContain('compilation failed');
    });

    test('of another name than its kind is refused', async () => {
      const ask = await open('bad-name-crd');
      const other = { ...definition('bad', 'true'), metadata: { name: 'x.y' } };
      expect(refused(await ask.post(path, other), 422, 'Invalid').message).toContain(
        'metadata.name: Invalid value: "x.y": must be spec.names.plural+"."+spec.group',
      );
    });

    test('serves its kind from then on; when it goes, its objects and watches go too', async () => {
      const ask = await open('crd-life');
      const name = `late${ask.namespace.replaceAll('-', '')}`;
      await ask.made(path, definition(name, 'true'));
      const collection = `/apis/bad.sluice.test/v1/namespaces/${ask.namespace}/${name}s`;
      await ask.server.eventually('the kind to be served', async () => (await ask.get(collection)).status === 200);
      const object = { apiVersion: 'bad.sluice.test/v1', kind: 'Bad', metadata: { name: 'a' }, spec: {} };
      await ask.server.eventually('an object to be taken', async () => (await ask.post(collection, object)).status === 201);
      ok(await ask.delete(`${path}/${name}s.bad.sluice.test`));
      await ask.server.eventually(
        'the definition to be gone',
        async () => (await ask.get(`${path}/${name}s.bad.sluice.test`)).status === 404,
      );
      await ask.server.eventually('the kind to be gone', async () => (await ask.get(collection)).status === 404);
    });
  });

  describe('our kinds', () => {
    test('take what is right', async () => {
      const ask = await open('good');
      const objects = [
        fullRollout(),
        goodRollout(),
        goodDecision(),
        goodTemplate(),
        goodTemplate('ClusterAnalysisTemplate'),
        goodTemplate('AnalysisRun'),
      ];
      for (const object of objects) expect(await postOurs(ask, object)).toMatchObject({ status: 201 });
    });

    const cases = [...badRollouts, ...badDecisions, ...badTemplates];
    test.each(cases.filter(({ server }) => server !== undefined).map((bad) => [`${String(bad.object.kind)}: ${bad.name}`, bad] as const))(
      'refuse, with the path: %s',
      async (_name, { object, server }) => {
        const ask = await open('bad');
        expect(refused(await postOurs(ask, object), 422, 'Invalid').message).toContain(server);
      },
    );

    test.each(cases.filter(({ server }) => server === undefined).map((bad) => [`${String(bad.object.kind)}: ${bad.name}`, bad] as const))(
      'leave to the controller: %s',
      async (_name, { object }) => {
        const ask = await open('left');
        expect(await postOurs(ask, object)).toMatchObject({ status: 201 });
      },
    );

    test('begin unseen, with their defaults', async () => {
      const ask = await open('defaults-ours');
      const object = ok(await postOurs(ask, goodRollout(), {}), 201);
      expect(object).toMatchObject({
        spec: {
          service: { pinSelector: 'Auto' },
          traffic: { smi: { version: 'auto', provider: 'auto' } },
          trackConfig: 'ConfigMaps',
          revisionHistoryLimit: 5,
        },
        status: { observedGeneration: -1 },
      });
    });

    test('a Decision is immutable, an AnalysisRun ends once', async () => {
      const ask = await open('immutable');
      const root = `/apis/sluice.dev/v1alpha1/namespaces/${ask.namespace}`;
      ok(await postOurs(ask, goodDecision(), {}), 201);
      ok(await postOurs(ask, goodTemplate('AnalysisRun'), {}), 201);
      const patch = async (path: string, spec: Doc) => refused(await ask.patch(`${root}/${path}`, { spec }), 422, 'Invalid').message;
      expect(await patch('decisions/web-1', { reason: 'other' })).toContain('a Decision is immutable');
      expect(await patch('analysisruns/success-rate', { args: [] })).toContain('args are immutable');
      ok(await ask.patch(`${root}/analysisruns/success-rate`, { spec: { terminate: true } }));
      expect(await patch('analysisruns/success-rate', { terminate: false })).toContain('stays so');
      ok(await ask.patch(`${root}/decisions/web-1/status`, { status: { state: 'Accepted' } }));
    });
  });

  describe('kinds of Kubernetes itself', () => {
    test('a Deployment is completed as the controller hashes it', async () => {
      const ask = await open('deploy-defaults');
      const object = await ask.made(appsPath(ask.namespace, 'deployments'), deployment('web'));
      expect(object.spec).toEqual({
        replicas: 0,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: {
            containers: [
              {
                name: 'app',
                image: 'example.org/app:1',
                resources: {},
                terminationMessagePath: '/dev/termination-log',
                terminationMessagePolicy: 'File',
                imagePullPolicy: 'IfNotPresent',
              },
            ],
            restartPolicy: 'Always',
            terminationGracePeriodSeconds: 30,
            dnsPolicy: 'ClusterFirst',
            securityContext: {},
            schedulerName: 'default-scheduler',
          },
        },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
      });
    });

    test('a pod template is completed in its depth, and empty values are left out', async () => {
      const ask = await open('pod-defaults');
      const spec = {
        template: {
          metadata: { labels: { app: 'web' }, annotations: {} },
          spec: {
            serviceAccountName: 'runner',
            hostNetwork: false,
            nodeSelector: {},
            volumes: [
              { name: 'v', configMap: { name: 'c' } },
              { name: 's', secret: { secretName: 's' } },
              { name: 'e', emptyDir: {} },
            ],
            containers: [
              {
                name: 'app',
                image: 'example.org/app',
                ports: [{ containerPort: 80 }],
                env: [
                  { name: 'A', value: '' },
                  { name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
                ],
                readinessProbe: { httpGet: { port: 80 } },
                volumeMounts: [{ name: 'v', mountPath: '/v', readOnly: false }],
                args: [],
              },
            ],
          },
        },
      };
      const object = await ask.made(appsPath(ask.namespace, 'deployments'), deployment('web', spec));
      expect(at(object, 'spec.template')).toEqual({
        metadata: { labels: { app: 'web' } },
        spec: {
          serviceAccountName: 'runner',
          serviceAccount: 'runner',
          volumes: [
            { name: 'v', configMap: { name: 'c', defaultMode: 420 } },
            { name: 's', secret: { secretName: 's', defaultMode: 420 } },
            { name: 'e', emptyDir: {} },
          ],
          containers: [
            {
              name: 'app',
              image: 'example.org/app',
              ports: [{ containerPort: 80, protocol: 'TCP' }],
              env: [{ name: 'A' }, { name: 'B', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } }],
              resources: {},
              readinessProbe: {
                httpGet: { path: '/', port: 80, scheme: 'HTTP' },
                timeoutSeconds: 1,
                periodSeconds: 10,
                successThreshold: 1,
                failureThreshold: 3,
              },
              volumeMounts: [{ name: 'v', mountPath: '/v' }],
              terminationMessagePath: '/dev/termination-log',
              terminationMessagePolicy: 'File',
              imagePullPolicy: 'Always',
            },
          ],
          restartPolicy: 'Always',
          terminationGracePeriodSeconds: 30,
          dnsPolicy: 'ClusterFirst',
          securityContext: {},
          schedulerName: 'default-scheduler',
        },
      });
    });

    test.each<[string, Doc, string]>([
      [
        'a selector that misses the template',
        { selector: { matchLabels: { app: 'other' } } },
        'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
      ],
      ['no containers', { template: { metadata: { labels: { app: 'web' } }, spec: {} } }, 'spec.template.spec.containers: Required value'],
      [
        'a container without image',
        { template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'a' }] } } },
        'spec.template.spec.containers[0].image: Required value',
      ],
      ['negative replicas', { replicas: -1 }, 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
      [
        'pods that do not restart',
        { template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'a', image: 'a' }], restartPolicy: 'Never' } } },
        'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
      ],
    ])('a Deployment with %s is refused', async (_what, spec, message) => {
      const ask = await open('bad-deploy');
      const reply = await ask.post(appsPath(ask.namespace, 'deployments'), deployment('web', spec), { dryRun: 'All' });
      expect(refused(reply, 422, 'Invalid').message).toContain(message);
    });

    test('the selector of a Deployment never changes', async () => {
      const ask = await open('selector');
      await ask.made(
        appsPath(ask.namespace, 'deployments'),
        deployment('web', {
          template: { metadata: { labels: { app: 'web', x: 'y' } }, spec: { containers: [{ name: 'a', image: 'a' }] } },
        }),
      );
      const reply = await ask.patch(appsPath(ask.namespace, 'deployments', 'web'), { spec: { selector: { matchLabels: { x: 'y' } } } });
      const { message } = refused(reply, 422, 'Invalid');
      expect(message).toContain('spec.selector: Invalid value: {"matchLabels":{"app":"web","x":"y"}}: field is immutable');
    });

    test('a value of the wrong type is no object at all', async () => {
      const ask = await open('bad-type');
      const reply = await ask.post(appsPath(ask.namespace, 'deployments'), deployment('web', { replicas: 'many' }));
      expect(refused(reply, 400, 'BadRequest').message).toContain(
        'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas',
      );
    });

    test('a Service gets an address and the ports their defaults', async () => {
      const ask = await open('service');
      const object = await ask.made(corePath(ask.namespace, 'services'), service('web'));
      expect(textAt(object, 'spec.clusterIP')).toMatch(/^10\.96\.\d+\.\d+$/);
      expect(object).toMatchObject({
        spec: {
          ports: [{ protocol: 'TCP', port: 80, targetPort: 80 }],
          selector: { app: 'web' },
          clusterIPs: [at(object, 'spec.clusterIP')],
          type: 'ClusterIP',
          sessionAffinity: 'None',
          ipFamilies: ['IPv4'],
          ipFamilyPolicy: 'SingleStack',
          internalTrafficPolicy: 'Cluster',
        },
        status: { loadBalancer: {} },
      });
      expect(at(object, 'metadata.generation')).toBeUndefined();
    });

    test('a Service keeps its address when an update leaves it out, and never gets another', async () => {
      const ask = await open('service-ip');
      const path = corePath(ask.namespace, 'services', 'web');
      const object = await ask.made(corePath(ask.namespace, 'services'), service('web'));
      expect(at(ok(await ask.put(path, service('web', { selector: { app: 'x' } }))), 'spec.clusterIP')).toBe(at(object, 'spec.clusterIP'));
      expect(
        refused(await ask.patch(path, { spec: { clusterIP: '10.96.99.99', clusterIPs: ['10.96.99.99'] } }), 422, 'Invalid').message,
      ).toContain('may not change once set');
    });

    test.each<[string, string, Doc, string]>([
      ['no ports', 'web', { ports: [] }, 'spec.ports: Required value'],
      ['two ports without names', 'web', { ports: [{ port: 80 }, { port: 81 }] }, 'spec.ports[0].name: Required value'],
      [
        'one port twice',
        'web',
        {
          ports: [
            { name: 'a', port: 80 },
            { name: 'b', port: 80 },
          ],
        },
        'spec.ports[1]: Duplicate value',
      ],
      [
        'a port out of range',
        'web',
        { ports: [{ port: 70_000 }] },
        'spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive',
      ],
    ])('a Service with %s is refused', async (_what, name, spec, message) => {
      const ask = await open('bad-service');
      const reply = await ask.post(corePath(ask.namespace, 'services'), service(name, spec), { dryRun: 'All' });
      expect(refused(reply, 422, 'Invalid').message).toContain(message);
    });

    test('an immutable ConfigMap stays as it is', async () => {
      const ask = await open('immutable-map');
      const path = corePath(ask.namespace, 'configmaps', 'a');
      await ask.made(corePath(ask.namespace, 'configmaps'), { ...configMap('a', { x: '1' }), immutable: true });
      expect(refused(await ask.patch(path, { data: { x: '2' } }), 422, 'Invalid').message).toContain(
        'data: Forbidden: field is immutable when `immutable` is set',
      );
      ok(await ask.patch(path, { metadata: { labels: { a: 'b' } } }));
    });

    test('a Secret is written as text and read as base64; its type is fixed', async () => {
      const ask = await open('secret');
      const path = corePath(ask.namespace, 'secrets', 'a');
      const object = await ask.made(corePath(ask.namespace, 'secrets'), {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'a' },
        stringData: { key: 'value' },
      });
      expect(object).toMatchObject({ type: 'Opaque', data: { key: 'dmFsdWU=' } });
      expect(object).not.toHaveProperty('stringData');
      expect(refused(await ask.patch(path, { type: 'other' }), 422, 'Invalid').message).toContain(
        'type: Invalid value: "other": field is immutable',
      );
    });

    test('a ConfigMap has no generation, and keys of a form', async () => {
      const ask = await open('config-map');
      const object = await ask.made(corePath(ask.namespace, 'configmaps'), configMap('a', { 'file.txt': 'x' }));
      expect(at(object, 'metadata.generation')).toBeUndefined();
      const reply = await ask.post(corePath(ask.namespace, 'configmaps'), configMap('b', { 'no/slash': 'x' }));
      expect(refused(reply, 422, 'Invalid').message).toContain(
        'data[no/slash]: Invalid value: "no/slash": a valid config key must consist of',
      );
    });

    test('an autoscaler has bounds', async () => {
      const ask = await open('hpa');
      const path = `/apis/autoscaling/v2/namespaces/${ask.namespace}/horizontalpodautoscalers`;
      const hpa = (spec: Doc): Doc => ({
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'web' },
        spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, ...spec },
      });
      expect(refused(await ask.post(path, hpa({ maxReplicas: 0 }), { dryRun: 'All' }), 422, 'Invalid').message).toContain(
        'spec.maxReplicas',
      );
      expect(refused(await ask.post(path, hpa({ minReplicas: 5, maxReplicas: 2 }), { dryRun: 'All' }), 422, 'Invalid').message).toContain(
        'spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`',
      );
      expect(at(ok(await ask.post(path, hpa({ maxReplicas: 3 }), { dryRun: 'All' }), 201), 'spec.minReplicas')).toBe(1);
    });
  });
}
