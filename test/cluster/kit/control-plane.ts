import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Certificates, makeCertificates } from './certificates.ts';
import { type ApiClient, apiClient } from './client.ts';
import {
  API_ADDRESS,
  API_PORT,
  API_URL,
  ETCD_PEER_URL,
  ETCD_URL,
  NODE_NAME,
  SERVICE_RANGE,
  SYSTEM_NAMESPACE,
  USERS,
  type User,
} from './layout.ts';
import { answers, type Process, ready, startProcess } from './process.ts';
import { groupsOf, kubeconfig, ofUsers, userName } from './users.ts';

export interface ControlPlane {
  readonly certificates: Certificates;
  readonly tokens: Readonly<Record<User, string>>;
  readonly kubeconfigs: Readonly<Record<User, string>>;
  readonly auditFile: string;
  readonly admin: ApiClient;
  stopApiServer(): Promise<void>;
  startApiServer(): Promise<void>;
  /** Controller manager and scheduler; after `prepare`, so that they find the kinds that it installed. */
  startControllers(): Promise<void>;
  stop(): Promise<void>;
}

const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    // The kit's own chatter would drown what tests look for.
    { level: 'None', users: ['system:apiserver', ...USERS.filter((user) => user.startsWith('bed-'))] },
    { level: 'Metadata' },
  ],
};

export async function startControlPlane(options: { readonly binaries: string; readonly runDir: string }): Promise<ControlPlane> {
  const dir = join(options.runDir, 'control-plane');
  const logDir = join(options.runDir, 'logs');
  mkdirSync(dir, { recursive: true });
  const bin = (name: string) => join(options.binaries, name);
  const certificates = makeCertificates(dir, [API_ADDRESS, '127.0.0.1', '10.96.0.1']);
  const tokens = ofUsers((user) => `${user}-${randomBytes(12).toString('hex')}`);
  const kubeconfigs = ofUsers((user) => join(dir, `${user}.kubeconfig`));
  const auditFile = join(options.runDir, 'audit.jsonl');
  writeFileSync(
    join(dir, 'tokens.csv'),
    USERS.map((user) => `${tokens[user]},${userName(user)},${user},"${groupsOf(user).join(',')}"\n`).join(''),
  );
  writeFileSync(join(dir, 'audit-policy.json'), JSON.stringify(AUDIT_POLICY));
  writeFileSync(auditFile, '');
  const caFile = certificates.file('ca.crt');
  for (const user of USERS) writeFileSync(kubeconfigs[user], kubeconfig({ server: API_URL, caFile, token: tokens[user] }));

  const etcd = startProcess({ name: 'etcd', command: bin('etcd'), args: etcdArgs(dir), logDir });
  await ready(etcd, () => answers(`${ETCD_URL}/health`));
  const admin = apiClient({ url: API_URL, caFile, token: tokens.admin });

  let apiServer: Process | undefined;
  const startApiServer = async () => {
    if (apiServer?.isRunning()) return;
    const started = startProcess({
      name: 'kube-apiserver',
      command: bin('kube-apiserver'),
      args: apiServerArgs(dir, certificates, auditFile),
      logDir,
    });
    apiServer = started;
    await ready(started, async () => (await admin.raw('GET', '/readyz')).status === 200);
  };
  await startApiServer();
  await prepare(admin);

  const controllers: Process[] = [];
  return {
    certificates,
    tokens,
    kubeconfigs,
    auditFile,
    admin,
    startApiServer,
    stopApiServer: async () => void (await apiServer?.stop(20_000)),
    startControllers: async () => {
      const manager = startProcess({
        name: 'kube-controller-manager',
        command: bin('kube-controller-manager'),
        args: managerArgs(kubeconfigs['bed-controller-manager'], certificates),
        logDir,
      });
      const scheduler = startProcess({
        name: 'kube-scheduler',
        command: bin('kube-scheduler'),
        args: [
          '--kubeconfig',
          kubeconfigs['bed-scheduler'],
          '--leader-elect=false',
          '--bind-address',
          '127.0.0.1',
          '--kube-api-qps',
          '500',
          '--kube-api-burst',
          '1000',
        ],
        logDir,
      });
      controllers.push(manager, scheduler);
      // A namespace serves once its default service account is there; that is the controller manager at work.
      await ready(
        manager,
        async () => (await admin.raw('GET', `/api/v1/namespaces/${SYSTEM_NAMESPACE}/serviceaccounts/default`)).status === 200,
      );
    },
    stop: async () => {
      await Promise.all(controllers.map((child) => child.stop(3_000)));
      await apiServer?.stop(5_000);
      await etcd.stop(3_000);
      await admin.close();
    },
  };
}

const etcdArgs = (dir: string): string[] => [
  ...[
    '--data-dir',
    join(dir, 'etcd'),
    '--unsafe-no-fsync',
    '--log-level',
    'warn',
    '--name',
    'bed',
    '--initial-cluster',
    `bed=${ETCD_PEER_URL}`,
  ],
  ...[
    '--listen-client-urls',
    ETCD_URL,
    '--advertise-client-urls',
    ETCD_URL,
    '--listen-peer-urls',
    ETCD_PEER_URL,
    '--initial-advertise-peer-urls',
    ETCD_PEER_URL,
  ],
];

const apiServerArgs = (dir: string, certificates: Certificates, auditFile: string): string[] => [
  ...['--etcd-servers', ETCD_URL, '--secure-port', String(API_PORT), '--bind-address', API_ADDRESS, '--advertise-address', API_ADDRESS],
  ...[
    '--endpoint-reconciler-type',
    'none',
    '--service-cluster-ip-range',
    SERVICE_RANGE,
    '--authorization-mode',
    'RBAC',
    '--allow-privileged',
  ],
  ...['--token-auth-file', join(dir, 'tokens.csv'), '--client-ca-file', certificates.file('ca.crt')],
  ...['--tls-cert-file', certificates.file('apiserver.crt'), '--tls-private-key-file', certificates.file('apiserver.key')],
  ...['--service-account-issuer', 'https://kubernetes.default.svc', '--service-account-key-file', certificates.file('service-account.pub')],
  ...['--service-account-signing-key-file', certificates.file('service-account.key')],
  ...['--requestheader-client-ca-file', certificates.file('front-proxy-ca.crt'), '--requestheader-allowed-names', 'front-proxy'],
  ...[
    '--requestheader-username-headers',
    'X-Remote-User',
    '--requestheader-group-headers',
    'X-Remote-Group',
    '--requestheader-extra-headers-prefix',
    'X-Remote-Extra-',
  ],
  ...['--proxy-client-cert-file', certificates.file('front-proxy.crt'), '--proxy-client-key-file', certificates.file('front-proxy.key')],
  ...[
    '--audit-policy-file',
    join(dir, 'audit-policy.json'),
    '--audit-log-path',
    auditFile,
    '--audit-log-mode',
    'batch',
    '--audit-log-batch-max-wait',
    '100ms',
  ],
  // A restarted server must not keep the port from its successor, nor wait for long watches to end.
  ...['--shutdown-delay-duration', '0s', '--shutdown-send-retry-after=true'],
];

const managerArgs = (config: string, certificates: Certificates): string[] => [
  ...['--kubeconfig', config, '--leader-elect=false', '--bind-address', '127.0.0.1', '--kube-api-qps', '500', '--kube-api-burst', '1000'],
  '--controllers',
  [
    '*',
    ...[
      'node-lifecycle',
      'node-ipam',
      'cloud-node-lifecycle',
      'node-route',
      'service-lb',
      'persistentvolume-attach-detach',
      'persistentvolume-binder',
      'persistentvolume-expander',
      'ttl',
    ].map((name) => `-${name}-controller`),
  ].join(','),
  ...['--service-account-private-key-file', certificates.file('service-account.key'), '--root-ca-file', certificates.file('ca.crt')],
  // Scenarios with an autoscaler should take seconds.
  ...['--horizontal-pod-autoscaler-sync-period', '1s', '--horizontal-pod-autoscaler-downscale-stabilization', '5s'],
  ...['--horizontal-pod-autoscaler-initial-readiness-delay', '1s', '--horizontal-pod-autoscaler-cpu-initialization-period', '1s'],
];

async function prepare(admin: ApiClient): Promise<void> {
  for (const name of [SYSTEM_NAMESPACE, 'sluice-system']) await admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  await admin.create({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'bed-sluice' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: 'sluice', namespace: 'sluice-system' }],
  });
  const node = `/api/v1/nodes/${NODE_NAME}`;
  await admin.create({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: NODE_NAME, labels: { 'kubernetes.io/hostname': NODE_NAME }, annotations: { 'kwok.x-k8s.io/node': 'fake' } },
  });
  // Admission taints a new node, and the controller that would lift the taint is off.
  await admin.patch(node, { spec: { taints: null } });
  const room = { cpu: '1000', memory: '4000Gi', pods: '5000', 'ephemeral-storage': '1000Gi' };
  const isReady = {
    type: 'Ready',
    status: 'True',
    reason: 'BedReady',
    message: 'the kubelet of the kit',
    lastHeartbeatTime: new Date().toISOString(),
    lastTransitionTime: new Date().toISOString(),
  };
  const addresses = [{ type: 'InternalIP', address: API_ADDRESS }];
  await admin.patch(`${node}/status`, { status: { capacity: room, allocatable: room, conditions: [isReady], addresses } });
}
