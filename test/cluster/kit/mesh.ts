// The mesh of the bed, a process of its own: adapter and control of Envoy. Splits pass the adapter (which tests can stop or slow
// down, per namespace); Services and endpoints do not, as in the real meshes.

import { endWithParent, log, serveControl, settings, tellReady } from './child.ts';
import type { KubeObject } from './client.ts';
import { apiClient, type ClientOptions } from './client.ts';
import { startEnvoy } from './envoy.ts';
import { inform, keyOf } from './informer.ts';
import { isMeshMode, MESH_CONTROL, MESH_LABEL, type MeshMode, MODE_LABEL } from './layout.ts';
import { Adapter } from './mesh-adapter.ts';
import type {
  AppliedWeights,
  EndpointSlice,
  Route,
  RouteGroup,
  Service,
  ServiceProfile,
  TrafficSplit,
  VirtualService,
} from './mesh-types.ts';
import { desiredOf } from './mesh-world.ts';
import { SPLIT_CRD, type SplitCrd } from './smi.ts';

interface Settings extends ClientOptions {
  readonly runDir: string;
  readonly binaries: string;
}

const options = settings<Settings>();
const client = apiClient(options);
const applied = new Map<string, AppliedWeights[]>();
let dirty = true;
let wake = () => {};
const touch = () => {
  dirty = true;
  wake();
};

const namespaces = inform<KubeObject>(client, '/api/v1/namespaces', touch);
const services = inform<Service>(client, '/api/v1/services', touch);
const slices = inform<EndpointSlice>(client, '/apis/discovery.k8s.io/v1/endpointslices', touch);
const groups = inform<RouteGroup>(client, '/apis/specs.smi-spec.io/v1alpha4/httproutegroups', touch);
const profiles = inform<ServiceProfile>(client, '/apis/linkerd.io/v1alpha2/serviceprofiles', touch);
const virtualServices = inform<VirtualService>(client, '/apis/networking.istio.io/v1alpha3/virtualservices', (change, object) => {
  adapter.virtualServiceChanged(change, object);
  touch();
});
const splits = inform<TrafficSplit>(client, undefined, (change, split) => adapter.splitChanged(change, split));
let served: ReadonlySet<string> = new Set();
const crds = inform<SplitCrd>(
  client,
  `/apis/apiextensions.k8s.io/v1/customresourcedefinitions?fieldSelector=metadata.name%3D${SPLIT_CRD.split('/').at(-1)}`,
  (change, crd) => {
    served = new Set(change === 'deleted' ? [] : crd.spec.versions.filter((version) => version.served).map(({ name }) => name));
    const highest = [...served].sort().at(-1);
    splits.redirect(highest === undefined ? undefined : `/apis/split.smi-spec.io/${highest}/trafficsplits`);
    touch();
  },
);

function modeOf(namespace: string): MeshMode {
  const labels = namespaces.items.get(namespace)?.metadata.labels ?? {};
  const mode = labels[MODE_LABEL];
  return isMeshMode(mode) ? mode : labels[MESH_LABEL] === 'true' ? 'strict' : 'none';
}
const adapter = new Adapter({
  client,
  modeOf,
  servedVersions: () => served,
  onChange: touch,
  profiles: profiles.items,
  virtualServices: virtualServices.items,
  splits: splits.items,
});

function note(name: string, route: Route): void {
  const shares = route.kind === 'split' ? route.shares : [];
  const sum = shares.reduce((total, { weight }) => total + weight, 0);
  const weights: Record<string, number> = {};
  for (const { backend, weight } of shares) weights[backend] = (weights[backend] ?? 0) + (100 * weight) / sum;
  const key = name.split('|')[0] ?? name;
  const history = applied.get(key) ?? [];
  applied.set(key, history);
  if (JSON.stringify(history.at(-1)?.weights) !== JSON.stringify(weights)) history.push({ at: Date.now(), weights });
}

async function run(): Promise<void> {
  const envoy = await startEnvoy(options);
  await Promise.all([namespaces, services, slices, groups, profiles, virtualServices, crds].map((each) => each.synced));
  await serveControl(MESH_CONTROL, {
    pause: ({ namespace }) => adapter.pause(String(namespace)),
    resume: ({ namespace }) => adapter.resume(String(namespace)),
    lag: ({ namespace, ms }) => adapter.setLag(String(namespace), Number(ms)),
    forget: ({ namespace }) => {
      adapter.forget(String(namespace));
      for (const key of [...applied.keys()]) if (key.startsWith(`${String(namespace)}/`)) applied.delete(key);
    },
    endpoints: ({ namespace }) => envoy.endpoints(String(namespace)),
    applied: ({ namespace, root }) => applied.get(`${namespace}/${root}`) ?? [],
  });
  tellReady();
  for (;;) {
    if (!dirty) {
      // Now and then without news too: clusters that nobody uses any more leave late.
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 2_000);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    dirty = false;
    const byRoot = [...adapter.adopted.values()].map((split) => ({ namespace: split.metadata.namespace ?? '', split }));
    try {
      const world = {
        modeOf,
        services: services.items,
        slices: slices.items,
        groups: groups.items,
        profiles: profiles.items,
        virtualServices: virtualServices.items,
      };
      await envoy.apply(desiredOf({ ...world, splits: byRoot, servedVersions: served }), note);
    } catch (error) {
      log('apply failed', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      await new Promise((resolve) => setTimeout(resolve, 200));
      dirty = true;
    }
  }
}

endWithParent();
process.on('unhandledRejection', (error) => log('unhandled', { error: error instanceof Error ? (error.stack ?? '') : String(error) }));
log('started', { namespaces: [...namespaces.items.values()].map(keyOf) });
void run();
