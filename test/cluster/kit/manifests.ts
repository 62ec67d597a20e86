import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { ApiClient, KubeObject } from './client.ts';
import { objectPath } from './paths.ts';
import { waitFor } from './wait.ts';

const FOLDERS = ['test/cluster/manifests', 'crds'];

interface Crd extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** The kinds in these folders; default: those of SMI and the meshes, and Sluice's own. */
export async function installManifests(admin: ApiClient, folders = FOLDERS): Promise<void> {
  const files = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => join(folder, name)),
  );
  const objects = files.flatMap((file) => objectsIn(readFileSync(file, 'utf8')));
  await Promise.all(objects.map((object) => admin.apply(object, { manager: 'bed' })));
  for (const object of objects.filter((each) => each.kind === 'CustomResourceDefinition')) {
    await waitFor(`${object.metadata.name} established`, async () => {
      const crd = await admin.get<Crd>(objectPath(object));
      return crd.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True');
    });
  }
}

/** All objects of a YAML file, empty documents left out. */
export const objectsIn = (yaml: string): KubeObject[] =>
  parseAllDocuments(yaml).flatMap((document) => {
    const object = document.toJS() as KubeObject | null;
    return object?.kind === undefined ? [] : [object];
  });
