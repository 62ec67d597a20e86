import type { DecisionChannel } from '../../core/decision.ts';
import type { RolloutStatus } from '../../core/rollout.ts';
import type { Result, Secret } from '../../lib/index.ts';
import type { MadeDecision, Problem } from '../decider.ts';
import type { Order } from './order.ts';
import type { SignedRequest, Verified } from './signature.ts';

/** An answer over HTTP. Without a body there is none; a string is sent as it is. */
export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly contentType?: string;
  /** When it may be asked again. */
  readonly retryAfterSeconds?: number | undefined;
}

/** A request of ours to the channel, after the answer: an edited message, a comment. */
export interface Push {
  readonly method: 'POST' | 'PATCH';
  readonly url: string;
  readonly body: unknown;
  /** The name of the credential that goes with it, if one does. */
  readonly bearer?: 'github' | undefined;
}

/** The person of the channel: `key` is what an admin maps, `shown` what a Decision says. */
export interface Account {
  readonly key: string;
  readonly shown: string;
}

/** What a signed request turned out to be. `C`: what the channel needs to answer it. */
export type Message<C> =
  | { readonly kind: 'answered'; readonly reply: Reply }
  | {
      readonly kind: 'order';
      readonly order: Order;
      readonly account: Account;
      /** When it was said, where the signed body says so and the headers do not. */
      readonly atMs?: number | undefined;
      /** Makes two requests one: the channel's own id of what was said. */
      readonly id?: string | undefined;
      readonly context: C;
    };

export interface Glimpse {
  readonly namespace: string;
  readonly name: string;
  readonly status: RolloutStatus;
}

/** What became of an order. */
export type Outcome =
  | {
      readonly kind: 'decided';
      readonly order: Extract<Order, { kind: 'act' }>;
      readonly subject: string;
      readonly decision: MadeDecision;
      /** The Rollout after it, where it may be seen. */
      readonly glimpse?: Glimpse | undefined;
      readonly nowMs: number;
    }
  | { readonly kind: 'refused'; readonly problem: Problem }
  | { readonly kind: 'unmapped'; readonly account: Account; readonly configMap: string }
  | { readonly kind: 'status'; readonly glimpse: Glimpse }
  | { readonly kind: 'help'; readonly problem?: string | undefined };

/** What goes back now, and what follows. */
export interface Answer {
  readonly reply: Reply;
  readonly pushes?: readonly Push[];
}

/** One kind of chat. Everything but the route and the reading of secrets is pure: signed bytes in, an answer out. */
export interface Channel<C> {
  readonly name: DecisionChannel;
  /** Media types, exactly as they may come, without parameters. */
  readonly mediaTypes: readonly string[];
  /** How long an answer may take; after it `working` goes out, and the outcome follows. */
  readonly deadlineMs: number;
  verify(request: SignedRequest, secrets: readonly Secret[]): Verified;
  /** A failure is what is wrong with the body, for the answer 400. */
  read(body: Buffer, source: Source): Result<Message<C>, string>;
  answer(outcome: Outcome, context: C): Answer;
  /** The deadline is near. */
  working(context: C): Reply;
  /** The same outcome, after `working`. */
  later(outcome: Outcome, context: C): readonly Push[];
}

/** What is known of a request beside its body; none of it is signed. */
export interface Source {
  readonly headers: Readonly<Record<string, unknown>>;
  /** `{name}` of a webhook. */
  readonly name?: string | undefined;
}
