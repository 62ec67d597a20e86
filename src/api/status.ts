import type { z } from 'zod';
import type { AnalysisRunStatus } from '../core/analysis/index.ts';
import { analysisRunStatusSchema } from '../core/analysis/index.ts';
import type { DecisionStatus } from '../core/decision.ts';
import { decisionStatusSchema } from '../core/decision.ts';
import type { RolloutStatus } from '../core/rollout.ts';
import { rolloutStatusSchema } from '../core/rollout.ts';
import { isObject } from '../lib/index.ts';
import { compiled } from './compiled.ts';
import type { FieldError } from './errors.ts';
import { fieldErrors } from './errors.ts';
import { at, textAt } from './raw.ts';

/**
 * Reading back our own memory, tolerantly: a part that cannot be read (an older or newer version of us, a hand edit) is forgotten,
 * and the Rollout goes on. But forgetting must never look like progress, so some parts are not forgotten:
 * a stable revision or phase that cannot be read fails the object, an abort stays an abort, an answered Decision stays answered,
 * and a run whose verdict or counts cannot be read is an Error.
 */
interface StatusRead {
  readonly value: RolloutStatus;
  readonly errors: readonly FieldError[];
}

const wholeRolloutStatus = compiled(rolloutStatusSchema);
const wholeRunStatus = compiled(analysisRunStatusSchema);

const unseen = (): RolloutStatus => ({ observedGeneration: -1, conditions: [] });

export function readRolloutStatus(status: unknown): StatusRead {
  if (!isObject(status)) return { value: unseen(), errors: [] };
  const whole = wholeRolloutStatus().safeParse(status);
  if (whole.success) return { value: whole.data, errors: [] };
  return {
    value: {
      ...unseen(),
      ...(readable(rolloutStatusSchema, status) as Partial<RolloutStatus>),
      ...keptAbort(status),
      ...keptWeight(status),
    },
    errors: essentialErrors(status),
  };
}

/** Without these the Rollout would begin anew, with the present template as its first revision. */
function essentialErrors(status: unknown): readonly FieldError[] {
  const { phase, stableRevision } = rolloutStatusSchema.shape;
  return Object.entries({ phase, stableRevision }).flatMap(([key, schema]) => {
    const parsed = schema.safeParse(at(status, key), { reportInput: true });
    return parsed.success ? [] : fieldErrors(parsed.error.issues, ['status', key]);
  });
}

function keptAbort(status: unknown): Partial<RolloutStatus> {
  const abort = at(status, 'abort');
  if (abort === undefined || abort === null || rolloutStatusSchema.shape.abort.safeParse(abort).success) return {};
  const [reason, message, moment] = [textAt(abort, 'reason'), textAt(abort, 'message'), textAt(abort, 'at')];
  return {
    abort: {
      reason: reason?.slice(0, 128) ?? 'RolledBack',
      message: message?.slice(0, 4096) ?? '',
      at: moment !== undefined && !Number.isNaN(Date.parse(moment)) ? moment : new Date(0).toISOString(),
    },
  };
}

/** A weight that was written and cannot be read whole counts as not confirmed. */
function keptWeight(status: unknown): Partial<RolloutStatus> {
  const schema = rolloutStatusSchema.shape.weight.unwrap();
  const weight = at(status, 'weight');
  if (!isObject(weight) || schema.safeParse(weight).success) return {};
  const {
    confirmedBy: _,
    confirmedAt: __,
    observed: ___,
    ...written
  } = readable(schema, weight) as Partial<NonNullable<RolloutStatus['weight']>>;
  return written.desired === undefined ? {} : { weight: { ...written, desired: written.desired } };
}

/** Every member that can be read by itself; of a list, every such item. */
function readable(schema: z.ZodObject, value: Record<string, unknown>): Record<string, unknown> {
  const members = Object.entries(schema.shape as Record<string, z.ZodType>).flatMap(([key, member]) => {
    const whole = member.safeParse(value[key]);
    if (whole.success) return whole.data === undefined ? [] : [[key, whole.data] as const];
    const items = value[key];
    if (!Array.isArray(items)) return [];
    const kept = items.flatMap((item) => {
      const one = member.safeParse([item]);
      return one.success && Array.isArray(one.data) ? one.data : [];
    });
    const list = [kept, kept.slice(0, 16)].map((some) => member.safeParse(some)).find(({ success }) => success);
    return list?.data !== undefined ? [[key, list.data] as const] : [];
  });
  return Object.fromEntries(members);
}

/** Counts that cannot be read may have held a failure: the run ends as an Error, and is not measured anew. */
export function readRunStatus(status: unknown): AnalysisRunStatus {
  if (!isObject(status)) return analysisRunStatusSchema.parse({});
  const whole = wholeRunStatus().safeParse(status);
  if (whole.success) return whole.data;
  const { phase, metricResults, ...rest } = analysisRunStatusSchema.shape;
  const others = Object.entries(rest).flatMap(([key, schema]) => {
    const parsed = schema.safeParse(status[key]);
    return parsed.success && parsed.data !== undefined ? [[key, parsed.data] as const] : [];
  });
  const verdict = phase.safeParse(status.phase);
  const results = metricResults.safeParse(status.metricResults);
  const kept: Partial<AnalysisRunStatus> = Object.fromEntries(others);
  if (verdict.success && results.success) return { ...kept, phase: verdict.data, metricResults: results.data };
  const isEnded = verdict.success && verdict.data !== 'Successful' && verdict.data !== 'Pending' && verdict.data !== 'Running';
  return {
    ...kept,
    phase: isEnded ? verdict.data : 'Error',
    message: 'the stored status cannot be read',
    metricResults: results.success ? results.data : [],
  };
}

/** An answer that cannot be read is still an answer: no decision counts twice. */
export function readDecisionStatus(status: unknown): DecisionStatus {
  if (!isObject(status)) return {};
  const whole = decisionStatusSchema.safeParse(status);
  if (whole.success) return whole.data;
  const state = decisionStatusSchema.shape.state.safeParse(status.state);
  return {
    state: state.success ? state.data : 'Rejected',
    message: textAt(status, 'message')?.slice(0, 2048) ?? 'the stored status cannot be read',
  };
}
