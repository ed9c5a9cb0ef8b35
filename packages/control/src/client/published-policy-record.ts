import { Actor, PolicyBundle, Timestamp } from '@aftertrace/schema';
import { z } from 'zod';

/** A published bundle, and who published it when and why. */
export const PublishedPolicyRecord = z.object({
  bundle: PolicyBundle,
  /** SHA-256 over the RFC 8785 form of the bundle. */
  digest: z.string(),
  publishedAt: Timestamp,
  actor: Actor,
  reason: z.string(),
});
export type PublishedPolicyRecord = z.infer<typeof PublishedPolicyRecord>;
