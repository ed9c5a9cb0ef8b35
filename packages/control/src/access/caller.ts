import type { AccessRole } from '@aftertrace/schema';

/** Who came in: what the token says of its holder. */
export interface Caller {
  readonly tokenId: string;
  readonly role: AccessRole;
  /** What the token is for. */
  readonly name: string;
  /** The only person that the holder may act as; absent: the holder says who acts. */
  readonly identity?: string;
  /** The only role that this person acts in; absent with an identity: none. */
  readonly title?: string;
  /** The only agents that the holder speaks for; absent: the holder says which. */
  readonly agents?: readonly string[];
  /** Hash of the secret that was shown. Says which of two secrets it was while a token is being rotated. */
  readonly secretHash: string;
}
