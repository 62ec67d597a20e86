import type { Law } from '../play/run.ts';
import { bounded, secretsStaySecret } from './bounds.ts';
import { oneThingAtATime, podsBeforeTraffic, podsOutlastTraffic, stableInPlace, stableKeepsItsPods } from './capacity.ts';
import { oneCanaryAtATime, promotionIsEarned, rollbackStays, stepsLast, verdictsAct } from './decisions.ts';
import { absenceIsSeen, analysesAreReal, freshEvidence, onlyPassPasses, promotedAsAnalysed } from './evidence.ts';
import { fewFights } from './foreign.ts';
import { nothingPassesUnasked, pausedIsPaused } from './gates.ts';
import { oneLeaderWrites, quickFailOver } from './leadership.ts';
import { deletionsEnd, noLeftovers, nothingLeftBehind } from './leaving.ts';
import { approvalsCountOnce, quorum, recordedBeforeDone, stopsWin } from './people.ts';
import { lossesAreSeen, noSilentStall, quickCuts } from './progress.ts';
import { noneLostByUs } from './requests.ts';
import { anyScheduleEndsAlike, comesToRest, heals, newTemplatesStart } from './rest.ts';
import { onlyItsOwn, safeWithoutSplit } from './roots.ts';
import { namesItsBackends, neverAgain, stepByStep, wholeWeights, withinTheStep } from './weights.ts';
import { carriesItsVersion, neverBackward, onceIsEnough, sameObject } from './writes.ts';

/** The registry of laws, in the order of facts/reliability.md 1.2 (I0, the requests), 1.6 and 1.7. */
export const laws: readonly Law[] = [
  noneLostByUs,
  namesItsBackends,
  wholeWeights,
  withinTheStep,
  stepByStep,
  podsBeforeTraffic,
  podsOutlastTraffic,
  stableKeepsItsPods,
  oneThingAtATime,
  safeWithoutSplit,
  onlyItsOwn,
  neverAgain,
  stableInPlace,
  rollbackStays,
  promotionIsEarned,
  onlyPassPasses,
  analysesAreReal,
  freshEvidence,
  verdictsAct,
  stepsLast,
  promotedAsAnalysed,
  oneCanaryAtATime,
  absenceIsSeen,
  nothingPassesUnasked,
  approvalsCountOnce,
  stopsWin,
  recordedBeforeDone,
  quorum,
  oneLeaderWrites,
  carriesItsVersion,
  onceIsEnough,
  sameObject,
  neverBackward,
  bounded,
  pausedIsPaused,
  nothingLeftBehind,
  fewFights,
  secretsStaySecret,
  comesToRest,
  quickCuts,
  lossesAreSeen,
  noSilentStall,
  newTemplatesStart,
  heals,
  quickFailOver,
  deletionsEnd,
  anyScheduleEndsAlike,
  noLeftovers,
];

export interface NotYet {
  readonly id: string;
  readonly text: string;
  readonly why: string;
}

/** Laws of the list that nothing can keep or break yet. Reports name them. */
export const notYet: readonly NotYet[] = [];
