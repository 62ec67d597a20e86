import type { SmiTraffic } from '../core/rollout.ts';
import { fail, ok, type Result } from '../lib/index.ts';
import { type LabelSign, type ProviderName, providerNames, providers, type Sign } from './providers.ts';
import type { Doubt, MeshFacts, Unusable } from './router.ts';
import { type SplitVersion, splitGroup, splitVersions } from './smi/versions.ts';

export type Detection =
  | { readonly kind: 'provider'; readonly provider: ProviderName }
  | { readonly kind: 'ambiguous'; readonly found: readonly ProviderName[] };

export interface DetectionQuestion extends Pick<MeshFacts, 'groups' | 'crd' | 'deployments'> {
  readonly configured: SmiTraffic['provider'];
  /** Versions that discovery lists, where the CRD may not be read. */
  readonly splitVersions?: readonly string[];
}

/** What the user says counts; else what the cluster shows. Several meshes at once are for people to sort out: a guess would move traffic. */
export function detectProvider(question: DetectionQuestion): Detection {
  const { configured } = question;
  if (configured !== 'auto') return { kind: 'provider', provider: configured };
  const strong = providerNames.filter((name) => providers[name].signs.some((sign) => sign.isWeak !== true && isSeen(sign, question)));
  const found = strong.length > 0 ? strong : providerNames.filter((name) => providers[name].signs.some((sign) => isSeen(sign, question)));
  const [provider = 'generic', ...others] = found;
  return others.length === 0 ? { kind: 'provider', provider } : { kind: 'ambiguous', found };
}

function isSeen(sign: Sign, { groups, crd, deployments, splitVersions: discovered }: DetectionQuestion): boolean {
  const { group, serves, crdLabel, deploymentName, deploymentLabel } = sign;
  if (group !== undefined && !groups.includes(group)) return false;
  if (serves !== undefined && !(crd?.servedVersions ?? discovered ?? []).includes(serves)) return false;
  if (crdLabel !== undefined && !hasLabel(crd?.labels ?? {}, crdLabel)) return false;
  if (deploymentName === undefined && deploymentLabel === undefined) return true;
  return deployments.some(
    ({ name, labels }) =>
      (deploymentName === undefined || name === deploymentName) && (deploymentLabel === undefined || hasLabel(labels, deploymentLabel)),
  );
}

const hasLabel = (labels: Readonly<Record<string, string>>, { key, value }: LabelSign): boolean =>
  key in labels && (value === undefined || labels[key] === value);

export interface VersionQuestion {
  readonly configured: SmiTraffic['version'];
  readonly provider: ProviderName;
  /** Versions of TrafficSplit that the API server serves. */
  readonly served: readonly string[];
}

/** The newest version that is served and known here. */
export function newestServed(served: readonly string[]): Result<SplitVersion, Unusable> {
  const newest = splitVersions.find((version) => served.includes(version));
  if (newest !== undefined) return ok(newest);
  return fail({
    reason: 'TrafficSplitNotInstalled',
    message: `the API server serves no TrafficSplit of ${splitGroup}${servedNote(served)}`,
  });
}

/**
 * The version to write and to watch. The user's own word needs only to be served: with conversion strategy None whole weights
 * reach the provider under any version. Otherwise the first that the provider reads: nobody would obey another.
 */
export function chooseVersion({ configured, provider, served }: VersionQuestion): Result<SplitVersion, Unusable | Doubt> {
  const newest = newestServed(served);
  if (!newest.ok) return newest;
  const known = splitVersions.filter((version) => served.includes(version));
  if (configured !== 'auto') {
    if (known.includes(configured)) return ok(configured);
    return fail({
      reason: 'TrafficSplitVersion',
      message: `traffic.smi.version is ${configured}; the API server serves TrafficSplit ${listText(known)}`,
    });
  }
  const version = providers[provider].reads.find((candidate) => known.includes(candidate));
  if (version !== undefined) return ok(version);
  const { title, reads } = providers[provider];
  return fail({
    reason: 'TrafficSplitVersion',
    message: `${title} reads TrafficSplit ${listText(reads)}; the API server serves ${listText(known)}`,
  });
}

const listText = (versions: readonly string[]): string => [...versions].sort().join(', ');

const servedNote = (served: readonly string[]): string =>
  served.length === 0 ? '' : ` that is known here (it serves ${listText(served)})`;
