import { Actor, Timestamp, WrittenBundle } from '@aftertrace/schema';
import { z } from 'zod';

/** A published bundle, and who published it when and why. */
export const PublishedPolicyRecord = z.object({
  /** As it was written, and signed where it was. */
  bundle: WrittenBundle,
  /** SHA-256 over the RFC 8785 form of the bundle. */
  digest: z.string(),
  publishedAt: Timestamp,
  actor: Actor,
  reason: z.string(),
  /** Ids of the pinned keys whose signatures held. Absent: the companion pins none. */
  signedBy: z.array(z.string()).optional(),
  /** The earlier revision whose content it is. */
  rollbackOf: z.int().nonnegative().optional(),
  /** The proposal that `actor` has approved, and who had made it. */
  proposal: z.string().optional(),
  proposedBy: Actor.optional(),
});
export type PublishedPolicyRecord = z.infer<typeof PublishedPolicyRecord>;

/** A revision in the list of all that were published: everything but the bundle. */
export const PolicyRevision = PublishedPolicyRecord.omit({ bundle: true }).extend({
  name: z.string(),
  revision: z.int().nonnegative(),
  /** How many. */
  rules: z.int().nonnegative(),
});
export type PolicyRevision = z.infer<typeof PolicyRevision>;
