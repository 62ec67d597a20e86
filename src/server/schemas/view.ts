import { z } from 'zod';
import { analysisRunPhases, measurementResults } from '../../core/analysis/index.ts';
import { decisionActions, decisionChannels, decisionStates } from '../../core/decision.ts';
import { analysisKinds, phases } from '../../core/rollout.ts';
import type { RolloutView } from '../../core/view.ts';

/** The wire's form of `core/view.ts`, for the OpenAPI page and for whoever reads it; that both are one is checked by the compiler. */

const moment = () => z.iso.datetime({ precision: undefined, offset: false }).describe('RFC 3339, UTC');
const text = () => z.string();
const count = () => z.int().min(0);
const percent = () => z.number().min(0).max(100);

const trackStep = z.object({ kind: text(), text: text(), state: z.enum(['done', 'current', 'waiting']) });

const step = z.object({
  index: z.int(),
  total: z.int(),
  label: text().describe('for people: 3/7'),
  kind: text(),
  startedAt: moment(),
  until: moment().optional(),
});

const weight = z.object({
  desired: percent(),
  written: percent().optional(),
  observed: z.number().optional(),
  confirmedBy: z.enum(['Metrics', 'Adapter', 'Elapsed']).optional(),
  confirmedAt: moment().optional(),
});

const revision = z.object({
  revision: text(),
  role: z.enum(['Stable', 'Canary', 'Warm', 'Old']),
  weight: percent().describe('percent of the traffic that it is meant to have'),
  pods: z.object({ ready: count(), wanted: count() }),
  images: z.array(text()),
  createdAt: text().optional(),
});

const gate = z.object({
  name: text(),
  id: text(),
  state: z.enum(['Open', 'Approved', 'Rejected', 'Expired']),
  message: text().optional(),
  openedAt: moment(),
  expiresAt: moment().optional(),
  needs: z.int(),
  missing: count().describe('approvals that are still missing'),
  approvals: z.array(z.object({ subject: text(), at: moment(), channel: text(), decision: text() })),
  revision: text().describe('what an approval has to name'),
  attempt: z.int().describe('what an approval has to name'),
});

const metric = z.object({
  name: text(),
  phase: z.enum(analysisRunPhases),
  message: text().optional(),
  isDryRun: z.boolean(),
  successful: count(),
  failed: count(),
  inconclusive: count(),
  noData: count(),
  error: count(),
  measurements: z.array(
    z.object({ result: z.enum(measurementResults), value: text().optional(), message: text().optional(), at: moment() }),
  ),
});

const run = z.object({
  name: text(),
  kind: z.enum(analysisKinds).optional(),
  phase: z.enum(analysisRunPhases),
  message: text().optional(),
  step: z.int().optional(),
  startedAt: moment().optional(),
  completedAt: moment().optional(),
  metrics: z.array(metric),
});

const decision = z.object({
  name: text(),
  action: z.enum(decisionActions),
  subject: text(),
  channel: z.enum(decisionChannels),
  revision: text(),
  attempt: z.int(),
  createdAt: text(),
  gate: text().optional(),
  account: text().optional(),
  reason: text().optional(),
  undoTo: text().optional(),
  state: z.enum(decisionStates).optional().describe('absent until it is answered'),
  message: text().optional(),
  at: moment().optional(),
});

const past = z.object({
  revision: text(),
  startedAt: moment(),
  finishedAt: moment(),
  outcome: z.enum(['Promoted', 'RolledBack', 'Superseded']),
  reason: text().optional(),
});

export const rolloutViewSchema = z.object({
  namespace: text(),
  name: text(),
  uid: text(),
  phase: z.enum(phases),
  message: text().describe('one sentence on where it stands'),
  reason: text().describe('the code of that sentence; docs/reasons.md'),
  isPaused: z.boolean(),
  createdAt: text(),
  stableRevision: text().optional(),
  canaryRevision: text().optional().describe('the revision under way, which a decision names'),
  attempt: z.int().optional(),
  step: step.optional(),
  steps: z.array(trackStep),
  weight: weight.optional(),
  revisions: z.array(revision),
  gates: z.array(gate),
  analysis: z.array(run),
  abort: z.object({ reason: text(), message: text(), at: moment() }).optional(),
  history: z.array(past).describe('the oldest first'),
  decisions: z.array(decision).describe('the newest first'),
  actions: z.array(z.enum(decisionActions)).describe('what somebody with the right to may do now'),
});

type Same<Left, Right> = [Left] extends [Right] ? ([Right] extends [Left] ? true : never) : never;
type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T;
/** Does not compile where the schema and the view are not the same. */
export const isTheView: Same<Frozen<z.output<typeof rolloutViewSchema>>, Frozen<RolloutView>> = true;
