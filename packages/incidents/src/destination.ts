import type { Notice } from './notice.ts';

/** What became of one attempt to tell a destination. */
export type DeliveryResult =
  | { readonly status: 'delivered'; readonly externalId?: string }
  /** Try again later; not before `retryAfterMillis` from now, where the receiver said so. */
  | { readonly status: 'retry'; readonly reason: string; readonly retryAfterMillis?: number }
  /** Will never be taken: it goes to the dead letters. */
  | { readonly status: 'rejected'; readonly reason: string }
  /** The receiver wants nothing more, ever: the destination is switched off until its target changes. */
  | { readonly status: 'gone'; readonly reason: string };

/** Somewhere that incidents are told. Durability, order, and repetition are the outbox's work, not the destination's. */
export interface Destination {
  /** Lower-case letters, digits and dashes; also names its outbox file. */
  readonly name: string;
  /** A digest of where it sends to: when it changes, a destination that was switched off is tried again. */
  readonly target: string;
  /** One attempt. Never throws for what a receiver or a network does. */
  send(notice: Notice, signal: AbortSignal): Promise<DeliveryResult>;
}
