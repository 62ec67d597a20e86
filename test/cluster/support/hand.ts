// Other hands on the same objects: an editor with kubectl, and a GitOps controller that applies its manifests over and over.
import { type App, deployment, service } from '../kit/apps.ts';
import type { ApiClient } from '../kit/client.ts';
import { pathOf } from '../kit/paths.ts';
import { sleep } from '../kit/wait.ts';
import type { Split } from './release.ts';

type Backends = Split['spec']['backends'];

/** `kubectl edit` of the split's backends by manager `hand`; the resourceVersion of what it stored. */
export async function editSplit(admin: ApiClient, namespace: string, backends: Backends): Promise<string> {
  const path = `${pathOf('trafficsplits', namespace, 'web')}?fieldManager=hand`;
  const { metadata } = await admin.patch<Split>(path, { spec: { backends } });
  return metadata.resourceVersion ?? '';
}

export interface Applier {
  /** What it applies from now on. */
  app: App;
  readonly rounds: () => number;
  stop(): Promise<void>;
}

/** Server-side apply with force of Deployment and Service every `everyMs`, as Flux does it. */
export function startApplier(admin: ApiClient, namespace: string, app: App, everyMs: number): Applier {
  let rounds = 0;
  let isOn = true;
  const self: Applier = {
    app,
    rounds: () => rounds,
    stop: async () => {
      isOn = false;
      await running;
    },
  };
  const run = async () => {
    while (isOn) {
      const options = { manager: 'flux', force: true };
      await admin.apply(deployment(namespace, self.app), options).catch(() => {});
      await admin.apply(service(namespace, 'web', { app: 'web' }), options).catch(() => {});
      rounds += 1;
      for (let waited = 0; waited < everyMs && isOn; waited += 100) await sleep(100);
    }
  };
  const running = run();
  return self;
}
