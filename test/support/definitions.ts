import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

// From the root of the checkout, where all of our programs and tests are started.
const read = (path: string): unknown => parse(readFileSync(path, 'utf8'));

/** Our CustomResourceDefinitions as they are shipped, and that of TrafficSplit: plain data for whoever must not import our code. */
export function definitions(): readonly unknown[] {
  const ours = readdirSync('crds')
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => read(`crds/${name}`));
  return [...ours, read('test/cluster/manifests/trafficsplit.yaml')];
}
