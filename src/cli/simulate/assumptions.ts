import { at, listAt } from '../../api/raw.ts';
import type { RolloutSpec } from '../../core/rollout.ts';
import { formatDuration } from '../../lib/index.ts';
import type { Analyses } from './analyses.ts';
import type { App, Written } from './app.ts';
import type { Document } from './documents.ts';
import type { SimulatedMesh } from './meshes.ts';
import { shareText } from './quality.ts';
import type { Settings } from './settings.ts';

/** All that the simulation is made of, and what was made up for it. */
export interface Assumed {
  readonly settings: Settings;
  readonly spec: RolloutSpec;
  /** The Rollout as it was written. */
  readonly object: Written;
  readonly app: App;
  readonly mesh: SimulatedMesh;
  readonly first: Analyses;
  readonly library: readonly Document[];
  readonly scrapeMs: number;
  /** Documents that nobody needs. */
  readonly unused: readonly Document[];
}

/** What a reader must know to believe the numbers, one piece after the other. */
export const assumptionsOf = ({ settings, spec, object, app, mesh, first, library, scrapeMs, unused }: Assumed): readonly string[] => [
  ...versionsText(settings),
  ...app.assumptions,
  ...templatesText(first, library),
  ...rolloutText(object, spec, settings),
  ...meshText(spec, settings, mesh),
  `Prometheus scrapes every ${formatDuration(scrapeMs)}`,
  ...(unused.length === 0 ? [] : [`not used: ${unused.map(({ kind, name }) => `${kind} ${name}`).join(', ')}`]),
];

export const isOpenPause = (step: unknown): boolean => at(step, 'pause') !== undefined && at(step, 'pause', 'duration') === undefined;
export const isGate = (step: unknown): boolean => at(step, 'gate') !== undefined;

function versionsText({ stable, release, perSecond, unmeshedShare = 0 }: Settings): readonly string[] {
  const who = release === 'stable' ? 'stable, and the release' : 'stable, and a good release';
  return [
    `${perSecond} requests a second from clients ${unmeshedShare === 0 ? 'inside the mesh' : `of which ${shareText(unmeshedShare)} are outside the mesh`}`,
    `${who}: ${shareText(stable.errorRate)} of errors, ${Math.round(stable.p99Ms)} ms (p99)`,
  ];
}

const templatesText = ({ used }: Analyses, library: readonly Document[]): readonly string[] => {
  const own = used.filter(({ document }) => library.includes(document)).map(({ document }) => document.name);
  return own.length === 0 ? [] : [`ready-made templates, since none of that name is given: ${[...new Set(own)].join(', ')}`];
};

function rolloutText(object: Written, spec: RolloutSpec, { resumeAfterMs }: Settings): readonly string[] {
  const steps = listAt(object, 'spec', 'strategy', 'canary', 'steps');
  return [
    ...(steps.some(isGate) ? [`each gate is approved after ${formatDuration(resumeAfterMs)} (--resume-after)`] : []),
    ...(steps.some(isOpenPause) ? [`somebody resumes each open pause after ${formatDuration(resumeAfterMs)} (--resume-after)`] : []),
    ...(spec.windows.length > 0 ? ['its change windows are left out: the release meets none that is closed'] : []),
    ...(spec.paused ? ['spec.paused is left out'] : []),
  ];
}

function meshText({ traffic: { smi } }: RolloutSpec, { mesh }: Settings, { provider, dialects }: SimulatedMesh): readonly string[] {
  const words = provider === 'generic' ? `, whose proxies count like ${dialects.join(' and ')}` : '';
  const said = smi?.provider ?? 'auto';
  if (mesh !== undefined && said !== 'auto' && mesh !== said) return [`the mesh is ${mesh}${words}, and not ${said} as in the Rollout`];
  return said === 'auto' || words !== ''
    ? [`the mesh is ${provider}${words}${mesh === undefined && said === 'auto' ? ' (--mesh)' : ''}`]
    : [];
}
