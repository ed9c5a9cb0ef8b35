import { Actor, Timestamp, WrittenBundle } from '@aftertrace/schema';
import { z } from 'zod';

/** A bundle that somebody has proposed and nobody has approved or rejected yet. */
export const PolicyProposal = z.object({
  id: z.string(),
  /** As it was written, and signed where it was; an unsigned one gets its revision when it is approved. */
  bundle: WrittenBundle,
  /** SHA-256 over the RFC 8785 form of the bundle. */
  digest: z.string(),
  at: Timestamp,
  /** Who proposed it. */
  actor: Actor,
  reason: z.string(),
  /** The revision that was in force when it was proposed; 0 where there was none. Absent: not known. */
  base: z.int().nonnegative().optional(),
  /** The earlier revision whose content it is. */
  rollbackOf: z.int().nonnegative().optional(),
});
export type PolicyProposal = z.infer<typeof PolicyProposal>;
