import { createHash } from 'node:crypto';

import { AccessToken, Timestamp } from '@aftertrace/schema';
import { z } from 'zod';

const Secret = z.strictObject({
  /** SHA-256 of the secret, hexadecimal. The secret has 256 random bits: there is nothing to guess from it. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** Not taken from then on; absent: as long as the token. A while longer it is known to have been taken. */
  until: Timestamp.optional(),
});

/** A token as it is kept. */
export const TokenRecord = AccessToken.omit({
  state: true,
  olderUntil: true,
  lastUsedAt: true,
}).extend({
  /** The newest first. */
  secrets: z.array(Secret).min(1),
});
export type TokenRecord = z.infer<typeof TokenRecord>;

/** The file `tokens.json` of a data directory. */
export const TokenFile = z.strictObject({ v: z.literal(1), tokens: z.array(TokenRecord) });
export type TokenFile = z.infer<typeof TokenFile>;

/** What secrets are kept and looked up by. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Why a token lets nobody in, or undefined: it does. */
export type TokenEnd = 'expired' | 'revoked';

/** The same of a secret: `rotated`, the token goes on with another one. */
export type SecretEnd = TokenEnd | 'rotated';

/** Whether a token is over, by what is known of it and the clock. */
export function endOf(record: TokenRecord, nowMillis: number): TokenEnd | undefined {
  if (record.revokedAt !== undefined) return 'revoked';
  return isOver(record.expiresAt, nowMillis) ? 'expired' : undefined;
}

export function isOver(until: string | undefined, nowMillis: number): boolean {
  return until !== undefined && nowMillis >= Date.parse(until);
}

/** A token as people see it. */
export function viewToken(
  record: TokenRecord,
  { nowMillis, lastUsedAt }: { readonly nowMillis: number; readonly lastUsedAt?: string },
): AccessToken {
  const { secrets, ...rest } = record;
  const older = secrets.slice(1).find(({ until }) => !isOver(until, nowMillis));
  const state = endOf(record, nowMillis) ?? (older === undefined ? 'valid' : 'rotating');
  const olderUntil = state === 'rotating' ? older?.until : undefined;
  return {
    ...rest,
    state,
    ...(olderUntil === undefined ? {} : { olderUntil }),
    ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
  };
}
