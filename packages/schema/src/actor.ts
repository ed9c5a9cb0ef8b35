import { z } from 'zod';

/** What was verified about an identity, never what was claimed. */
export const Assurance = z.enum(['asserted', 'token', 'sso', 'mfa', 'signed']);
export type Assurance = z.infer<typeof Assurance>;

/** Who did something. `human` needs an identity; `plan` acts in the name of the person who switched it on. */
export const ActorKind = z.enum(['human', 'agent', 'system', 'plan']);
export type ActorKind = z.infer<typeof ActorKind>;

export const Actor = z.strictObject({
  kind: ActorKind,
  /** Stable identity, for example `ana@example.com`, `aftertrace/incidents`. */
  id: z.string().min(1),
  name: z.string().optional(),
  role: z.string().optional(),
  assurance: Assurance,
  /** Id of the token that it came with; never the token itself. */
  tokenId: z.string().optional(),
});
export type Actor = z.infer<typeof Actor>;
