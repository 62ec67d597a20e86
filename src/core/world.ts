import type { DecisionAction } from './decision.ts';
import type { Rollout } from './rollout.ts';
import type { Split, SplitStamp } from './split.ts';
import type { RunFacts } from './steps/index.ts';

/** All that a decision may see: plain data, time included, gathered by `controller/observe` from its stores. */
export interface World {
  readonly nowMs: number;
  /** The leader's fencing number. */
  readonly epoch: number;
  readonly rollout: Rollout;
  /** The template that is asked for now, with the configuration it uses; or why there is none. */
  readonly target: Target;
  /** The Deployment of `workloadRef`; absent with an inline template, or where it does not exist. */
  readonly workload: Workload | undefined;
  readonly rootService: RootService | undefined;
  /** Every revision of this Rollout that has objects in the cluster. */
  readonly revisions: readonly Revision[];
  readonly traffic: Traffic;
  /** AnalysisRuns that this Rollout owns. */
  readonly runs: readonly RunView[];
  /** Templates of every analysis of the spec: problems that keep it from starting, by kind and step. */
  readonly templateProblems: readonly TemplateProblem[];
  /** Decisions on this Rollout that have no verdict yet, oldest first. */
  readonly decisions: readonly DecisionView[];
  /** Why a raise may not happen now by the change windows, and when that changes. */
  readonly window: { readonly kind: 'open' } | { readonly kind: 'closed'; readonly untilMs: number | undefined };
  /** What the API server refused us at the last attempt. */
  readonly obstacle?: { readonly reason: 'Forbidden' | 'WriteRefused'; readonly message: string } | undefined;
  /** Kinds that may not be read, or no longer, so that what is known of them is old; in words. */
  readonly unreadable?: string | undefined;
  /** The older Rollout that manages the same root Service or workload, `namespace/name`. */
  readonly rival: string | undefined;
}

export type Target =
  | {
      readonly kind: 'revision';
      readonly revision: string;
      /** Absent: of a revision that a person went back to. Its Deployment has it. */
      readonly template: PodTemplate | undefined;
      readonly configs: readonly ConfigRef[];
      /** The revision that the template asks for, which a person undid in favour of this one. */
      readonly insteadOf?: string | undefined;
    }
  | { readonly kind: 'unknown'; readonly reason: 'WorkloadNotFound' | 'WorkloadUnsuitable' | 'ConfigNotFound'; readonly message: string };

/** A pod template as the user wrote it. Opaque but for the places that core/revision.ts touches. */
export type PodTemplate = Readonly<Record<string, unknown>>;

/** A ConfigMap or Secret that the template uses, and the hash of its content. */
export interface ConfigRef {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
  readonly hash: string;
}

export interface Workload {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number | undefined;
  readonly replicas: number;
  readonly readyReplicas: number;
  readonly isPaused: boolean;
  readonly isDeleting: boolean;
  /** Canonical hash of its template, without configuration. In a deletion: as if it read every piece by the user's own name. */
  readonly templateHash: string;
  /** What it was given back with in place of the user's own configuration: that one is not what stable was released with. */
  readonly kept?: readonly { readonly kind: 'ConfigMap' | 'Secret'; readonly name: string }[];
  /** Its own pods run that template. */
  readonly isRolledOut: boolean;
  /** The field manager that last set `spec.replicas`, where it is not us. */
  readonly replicasManager: string | undefined;
}

export interface RootService {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly RootPort[];
  readonly clusterIP: string | undefined;
  readonly type: string;
  /** The field manager that owns the selector by server-side apply, where there is one and it is not us. */
  readonly selectorApplier: string | undefined;
  readonly isOurs: boolean;
}

export interface RootPort {
  readonly name?: string | undefined;
  readonly port: number;
  readonly targetPort?: number | string | undefined;
  readonly protocol?: string | undefined;
  readonly appProtocol?: string | undefined;
}

/** The objects of one revision. */
export interface Revision {
  readonly revision: string;
  /** Name of its Deployment and of its Service. */
  readonly name: string;
  readonly createdAt: string;
  readonly deployment: RevisionDeployment | undefined;
  readonly service: RevisionService | undefined;
  /** Ready, non-terminating endpoints of its Service. */
  readonly readyEndpoints: number;
}

export interface RevisionService {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly ports: readonly RootPort[];
  /** Whole seconds. */
  readonly createdAtMs?: number | undefined;
  /** Since when its ports are these, where they were changed after it was made. */
  readonly portsSinceMs?: number | undefined;
}

export interface RevisionDeployment {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly replicas: number;
  /** Status is of this generation, so that the counts below mean these replicas. */
  readonly isObserved: boolean;
  readonly totalReplicas: number;
  readonly readyReplicas: number;
  /** Canonical hash of the user's template, without configuration. */
  readonly templateHash: string;
  /** The configuration that the revision has copies of. */
  readonly copies?: readonly { readonly kind: 'ConfigMap' | 'Secret'; readonly name: string }[];
  /** Since when it has had pods that serve, by its own condition; whole seconds. */
  readonly availableSinceMs?: number | undefined;
  /** The field manager that last set `spec.replicas`, where it is not us. */
  readonly replicasManager?: string | undefined;
  /** When its pods were last made anew for a person, RFC 3339. */
  readonly restartedAt?: string | undefined;
}

/** The mesh's side. */
export type Traffic =
  | {
      readonly kind: 'unusable';
      /** Forbidden: there may be a split, and it may not be read. */
      readonly reason: 'TrafficSplitNotInstalled' | 'Forbidden';
      readonly message: string;
    }
  | {
      readonly kind: 'usable';
      /** Who follows the split, by name. */
      readonly provider: string;
      /** Why that is not sure: splits can be read and written, and a weight only falls. */
      readonly held?: { readonly reason: 'TrafficSplitVersion' | 'ProviderAmbiguous'; readonly message: string } | undefined;
      readonly split: SplitView;
      readonly adapter: AdapterView;
      /** The latest finished reading of the observed share, where metrics can be asked at all. */
      readonly share: ShareView;
      /** How long the provider may lag, at the most, by its own data. */
      readonly defaultMaxLagMs: number;
      /** A provider that needs the root Service unpinned (OSM). */
      readonly refusesPin: boolean;
      /** Backends of weight 0 are named in the split; some adapters choke on them. */
      readonly namesZeroWeights: boolean;
      /** Roots as backends, more splits for one root, foreign routes: what stands in the way. */
      readonly conflict: string | undefined;
    };

export type SplitView =
  | { readonly kind: 'absent' }
  | {
      readonly kind: 'present';
      readonly uid: string;
      readonly resourceVersion: string;
      readonly split: Split;
      readonly stamp: SplitStamp | undefined;
      /** ours: made or adopted by this Rollout. plain: nobody's mark. foreign: somebody else's, by `owner`. */
      readonly ownership: { readonly kind: 'ours' } | { readonly kind: 'plain' } | { readonly kind: 'foreign'; readonly owner: string };
      /** The field manager that last changed the spec, where it is not us. */
      readonly lastManager: string | undefined;
    };

/** What the mesh's own object says: the middle rung of the confirmation ladder. Without a split it contradicts where it still sends to a revision. */
export type AdapterView =
  | { readonly kind: 'unseen' }
  | { readonly kind: 'agrees'; readonly object: string }
  | { readonly kind: 'contradicts'; readonly object: string; readonly message: string };

/** What metrics say of the share: the strongest rung. */
export type ShareView =
  | { readonly kind: 'unavailable' }
  /** Metrics can be asked, and no reading of the present weight has come in. */
  | { readonly kind: 'pending' }
  | ({ readonly kind: 'reading' } & ShareReading);

export interface ShareReading {
  readonly windowStartedAtMs: number;
  readonly windowMs: number;
  readonly canaryRequests: number;
  readonly stableRequests: number;
  /** False: no series of this mesh at all; metrics cannot see this traffic. */
  readonly hasSeries: boolean;
  readonly failure?: string | undefined;
  /** The failure is one of the server's: who could not be asked, and why, for people to read. No secret of its address is in it. */
  readonly outage?: string | undefined;
  /** Counted by the servers, whoever called: requests that never met the split are among them. */
  readonly countsAll?: true | undefined;
}

export interface RunView extends RunFacts {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly kind: 'Background' | 'Step' | 'AfterPromotion';
  readonly revision: string;
  readonly attempt: number;
  /** Of the analysis within the attempt; absent: the first. */
  readonly round?: number | undefined;
  readonly step: number | undefined;
  readonly isTerminating: boolean;
  /** Somebody has deleted it: nobody measures it any more. */
  readonly isDeleting?: boolean;
  /** Of a Failed one: the metric, its value and its threshold, and how many samples failed; in words. */
  readonly failing?: string | undefined;
  /** Of every metric that is not a dry run: the start of the window of its latest Pass. */
  readonly evidence: readonly {
    readonly metric: string;
    readonly passedWindowStartedAtMs: number | undefined;
    readonly isExempt: boolean;
    /** How long after a weight was confirmed it can be asked first, and before when it is not; absent where it is not known, or over. */
    readonly firstAsk?: { readonly windowMs: number; readonly notBeforeMs?: number } | undefined;
    /** Why its latest measurement was no Pass, in words that stay the same from one such measurement to the next, and when it began. */
    readonly lacking?: { readonly why: string; readonly atMs: number } | undefined;
  }[];
}

export interface TemplateProblem {
  readonly kind: 'Background' | 'Step' | 'AfterPromotion';
  readonly step: number | undefined;
  readonly reason: 'AnalysisTemplateNotFound' | 'AnalysisTemplateInvalid';
  readonly message: string;
}

export interface DecisionView {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** UID of the Rollout that it names; may be a namesake's. */
  readonly rolloutUid: string;
  /** Its owner reference is set. */
  readonly isOwned: boolean;
  readonly action: DecisionAction;
  readonly revision: string;
  readonly attempt: number;
  readonly gate: string | undefined;
  readonly subject: string;
  readonly channel: string;
  readonly reason: string;
  readonly undoTo: string;
  /** By our clock, cut to whole seconds. */
  readonly createdAtMs: number;
}
