import type { ReasonCode } from './reasons.ts';
import type { RolloutStatus } from './rollout.ts';
import type { Split } from './split.ts';
import type { ArgValue, TemplateRef } from './steps/index.ts';
import type { ConfigRef, PodTemplate, RootPort } from './world.ts';

/** What the controller intends: the next status, and effects in order. Nothing here has happened yet. */
export interface Plan {
  /** The whole next status; absent where it is the stored one. Written before any effect. */
  readonly status?: RolloutStatus;
  readonly effects: readonly Effect[];
  /** The share of the canary is wanted, over this window. */
  readonly shareQuestion?: ShareQuestion;
  /** For people: one per transition. */
  readonly notices: readonly Notice[];
  /** When to look again though nothing changes. */
  readonly wakeAtMs?: number;
}

export interface Notice {
  readonly severity: 'Normal' | 'Warning';
  readonly reason: ReasonCode;
  readonly message: string;
}

export interface ShareQuestion {
  readonly canary: string;
  readonly stable: string;
  readonly windowStartedAtMs: number;
}

/**
 * One write. Each carries what it assumed (uid, resourceVersion); a conflict means: observe again. Bodies that belong to the
 * mesh are rendered by `traffic/`, all others by `core/objects/`.
 */
export type Effect =
  /** Our finalizer; and, once, spec.replicas where it was left out: without it the API server cannot serve /scale. */
  | { readonly kind: 'claimRollout'; readonly replicas?: number }
  | { readonly kind: 'removeFinalizer' }
  | { readonly kind: 'copyConfig'; readonly config: ConfigRef; readonly revision: string }
  | {
      readonly kind: 'createDeployment';
      readonly revision: string;
      readonly replicas: number;
      readonly template: PodTemplate;
      readonly configs: readonly ConfigRef[];
    }
  | { readonly kind: 'createRevisionService'; readonly revision: string }
  | {
      readonly kind: 'scaleDeployment';
      readonly revision: string;
      readonly replicas: number;
      readonly uid: string;
      readonly resourceVersion: string;
    }
  /** The Service of a revision gets the ports that the root Service has, as upkeep/ports.ts says. */
  | {
      readonly kind: 'updateServicePorts';
      readonly revision: string;
      readonly ports: readonly RootPort[];
      readonly uid: string;
      readonly resourceVersion: string;
    }
  /** A root Service that we made gets the ports of the spec. */
  | { readonly kind: 'updateRootPorts'; readonly uid: string; readonly resourceVersion: string }
  /** Its pods are made anew, by its own strategy. `at`: RFC 3339. */
  | {
      readonly kind: 'restartDeployment';
      readonly revision: string;
      readonly at: string;
      readonly uid: string;
      readonly resourceVersion: string;
    }
  | { readonly kind: 'deleteRevision'; readonly revision: string }
  | { readonly kind: 'createRootService' }
  | { readonly kind: 'deleteRootService'; readonly uid: string; readonly resourceVersion: string }
  /** `revision` undefined: take our key out of the selector again. */
  | { readonly kind: 'pinSelector'; readonly revision: string | undefined; readonly uid: string; readonly resourceVersion: string }
  /** `uid` undefined: create it. `isCut`: a weight falls; goes before everything else on the wire. `sinceMs`: these shares stand since then; undefined: from this write on. */
  | {
      readonly kind: 'writeSplit';
      readonly split: Split;
      readonly uid: string | undefined;
      readonly resourceVersion: string | undefined;
      readonly isCut: boolean;
      readonly sinceMs?: number | undefined;
    }
  | { readonly kind: 'deleteSplit'; readonly uid: string; readonly resourceVersion: string }
  | {
      readonly kind: 'patchWorkload';
      readonly uid: string;
      readonly resourceVersion: string;
      readonly isPaused?: boolean;
      readonly replicas?: number;
    }
  /** Back to what it was before adoption: the stable revision's template and count, unpaused. */
  | {
      readonly kind: 'restoreWorkload';
      readonly uid: string;
      readonly resourceVersion: string;
      readonly fromRevision: string;
      readonly replicas: number;
    }
  | { readonly kind: 'createRun'; readonly run: RunOrder }
  | {
      readonly kind: 'answerDecision';
      readonly name: string;
      readonly uid: string;
      readonly resourceVersion: string;
      /** It is about this Rollout, and does not belong to it yet. */
      readonly isToBeOwned: boolean;
      readonly state: 'Accepted' | 'Rejected' | 'Superseded' | 'Expired';
      readonly message: string;
    };

/** An AnalysisRun to be made: everything but the templates' own text, which the shell merges in as it is at that moment. */
export interface RunOrder {
  readonly name: string;
  readonly kind: 'Background' | 'Step' | 'AfterPromotion';
  readonly revision: string;
  readonly stableRevision: string;
  readonly attempt: number;
  /** Grows where the analysis begins anew within an attempt. */
  readonly round: number;
  readonly step: number | undefined;
  readonly templates: readonly TemplateRef[];
  readonly args: readonly ArgValue[];
}
