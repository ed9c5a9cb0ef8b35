import { z } from 'zod';

import { Timestamp } from './time.ts';

/**
 * What the holder of a token may do. `ingest`: send telemetry. `agent`: that, and be governed (stream, acknowledgements,
 * evidence, questions to people). `responder`: read, contain, release, answer. `admin`: everything, tokens and policy too.
 */
export const AccessRole = z.enum(['ingest', 'agent', 'responder', 'admin']);
export type AccessRole = z.infer<typeof AccessRole>;

/** A token as people see it: everything but the token itself, which is shown once and kept as a hash only. */
export const AccessToken = z.strictObject({
  /** Stands in audit entries; `tok_own` is the one that the companion made for its own user. */
  id: z.string().min(1),
  role: AccessRole,
  /** What it is for, for example `checkout agents`. */
  name: z.string(),
  /** The only person that its holder may act as; absent: whoever holds it says who acts. */
  identity: z.string().optional(),
  /** What that person is, as rules name approvers, for example `cfo`. Of a token that is bound to a person only. */
  title: z.string().optional(),
  /** The only agents that its holder speaks for; absent: whoever holds it says which agent it is. Role `agent` only. */
  agents: z.array(z.string()).optional(),
  createdAt: Timestamp,
  /** Who ordered it. */
  createdBy: z.string(),
  expiresAt: Timestamp.optional(),
  /** `rotating`: an older secret is still taken, until `olderUntil`. */
  state: z.enum(['valid', 'rotating', 'expired', 'revoked']),
  /** Until when the secret before the last rotation is taken. */
  olderUntil: Timestamp.optional(),
  revokedAt: Timestamp.optional(),
  /** When it last let somebody in, since the companion was started. */
  lastUsedAt: Timestamp.optional(),
});
export type AccessToken = z.infer<typeof AccessToken>;

/** A token with its secret: shown once, when it is made or rotated. */
export const IssuedToken = z.strictObject({ token: AccessToken, secret: z.string().min(16) });
export type IssuedToken = z.infer<typeof IssuedToken>;

const By = z.strictObject({
  id: z.string().trim().min(1).max(200),
  name: z.string().optional(),
  role: z.string().optional(),
});
const Reason = z.string().trim().min(1, 'a reason is required').max(2000);

/** The longest that a token may live, and that an older secret may be taken: ten years. In milliseconds. */
const MAX_MILLIS = 10 * 365 * 24 * 3600 * 1000;

/** What is sent to `POST /control/v1/tokens`. */
export const TokenCreateInput = z.strictObject({
  role: AccessRole,
  name: z.string().trim().min(1).max(200),
  identity: z.string().trim().min(1).max(200).optional(),
  /** What that person is, as rules name approvers. */
  title: z.string().trim().min(1).max(200).optional(),
  agents: z.array(z.string().trim().min(1).max(200)).min(1).max(100).optional(),
  /** Time to live in milliseconds; absent: until it is revoked. */
  ttlMillis: z.int().positive().max(MAX_MILLIS).optional(),
  actor: By,
  reason: Reason,
});
export type TokenCreateInput = z.infer<typeof TokenCreateInput>;

/** What is sent to `POST /control/v1/tokens/{id}/rotate`. */
export const TokenRotateInput = z.strictObject({
  /** How long the secret of before is taken too, in milliseconds; 0: not at all. */
  graceMillis: z.int().nonnegative().max(MAX_MILLIS).default(0),
  /** A new time to live from now on, in milliseconds; absent: the end stays as it is. */
  ttlMillis: z.int().positive().max(MAX_MILLIS).optional(),
  actor: By,
  reason: Reason,
});
export type TokenRotateInput = z.input<typeof TokenRotateInput>;

/** What is sent to `POST /control/v1/tokens/{id}/revoke`. */
export const TokenRevokeInput = z.strictObject({ actor: By, reason: Reason });
export type TokenRevokeInput = z.infer<typeof TokenRevokeInput>;
