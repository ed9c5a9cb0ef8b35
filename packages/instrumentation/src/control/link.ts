import type { CompiledPolicy } from '@aftertrace/policy';
import type {
  ApprovalRequest,
  Containment,
  Decision,
  EffectReport,
  EvidenceRecord,
  Override,
  QuarantineRequest,
} from '@aftertrace/schema';

/** What is in force in this process at this moment. Replaced as a whole, between two calls. */
export interface InForce {
  readonly policy: CompiledPolicy | undefined;
  readonly containments: readonly Containment[];
  /** Why every guarded call is refused: no state has come, and the process was told to wait for one. */
  readonly closed?: string | undefined;
}

/** What became of a request for approval. */
export type ApprovalResult =
  | { readonly kind: 'answered'; readonly override: Override; readonly arguments?: unknown }
  | { readonly kind: 'expired' }
  /** Nobody could be asked. */
  | { readonly kind: 'unavailable'; readonly reason: string };

/** A fact for the companion's ledger, before it has its sequence number. */
export type Evidence =
  | { readonly type: 'decision'; readonly data: Decision }
  | { readonly type: 'override'; readonly data: Override }
  | { readonly type: 'effect'; readonly data: EffectReport }
  | {
      readonly type: 'override.outcome';
      readonly data: Extract<EvidenceRecord, { type: 'override.outcome' }>['data'];
    };

/** How the guard reaches whoever governs this process. Nothing here throws. */
export interface ControlLink {
  /** There is a companion or a policy file: rules and containments can come. */
  readonly governed: boolean;
  inForce(): InForce;
  /** A promise while the first state is still awaited, within bounds; undefined from then on. */
  untilReady(): Promise<void> | undefined;
  /** Puts a call to a person and waits; ends early, as `unavailable`, when `signal` aborts. */
  ask(request: ApprovalRequest, signal: AbortSignal | undefined): Promise<ApprovalResult>;
  /**
   * Hands a call over that a quarantine has refused. The release of this one retry where a reviewer has given it, used up
   * with this answer; undefined: it stays refused.
   */
  hold(request: QuarantineRequest): Promise<Override | undefined>;
  /** Hands evidence over; bounded, retried, counted. */
  prove(evidence: Evidence): void;
  /** An agent of this name runs in this process. */
  sawAgent(agent: string): void;
}

/** A link with its end, for whoever made it. */
export interface ManagedLink extends ControlLink {
  /** Sends what has not been sent, keeping the process alive for it. Never rejects; the caller sets the deadline. */
  drain(): Promise<void>;
  close(): void;
}

const NOTHING: InForce = Object.freeze({ policy: undefined, containments: Object.freeze([]) });

/** A process that nobody governs: everything is allowed, nobody can be asked. */
export const UNGOVERNED: ManagedLink = Object.freeze({
  governed: false,
  inForce: () => NOTHING,
  untilReady: () => undefined,
  ask: () =>
    Promise.resolve({ kind: 'unavailable', reason: 'no companion is configured' } as const),
  hold: () => Promise.resolve(undefined),
  prove: () => undefined,
  sawAgent: () => undefined,
  drain: () => Promise.resolve(),
  close: () => undefined,
});
