import { refuse, succeed, type ControlProblem } from '../control-problem.ts';
import type { Demand, RequestKind } from '../http/permissions.ts';
import type { Caller } from './caller.ts';
import { createRateLimiter, type RateLimit } from './rate-limiter.ts';
import { may, rolesWith, type Permission } from './roles.ts';
import { secretOf } from './secret-of.ts';
import type { Identified, TokenBook } from './token-book.ts';
import type { SecretEnd } from './token-records.ts';

/** What a request shows, and from where. */
export interface Credentials {
  /** The `Authorization` header. */
  readonly authorization: string | undefined;
  /** Address of the sender. */
  readonly remote: string;
  /** The token may come as the password of HTTP Basic: browsers send nothing else. Default no. */
  readonly takesBasic?: boolean;
}

/** How many requests the holder of one token may make, by what they are for. */
export type RateLimits = Readonly<Record<RequestKind, RateLimit>>;

/** Room for a thousand processes that share a token, all connecting anew and acknowledging at once. */
export const DEFAULT_RATE_LIMITS: RateLimits = {
  agent: { perSecond: 2_000, burst: 20_000 },
  people: { perSecond: 100, burst: 1_000 },
  stop: { perSecond: 10, burst: 100 },
};
/** Wrong tokens from one address; who has a right one is let in all the same. */
const WRONG_TOKENS: RateLimit = { perSecond: 1, burst: 20 };

/** Who was let in; or why not, after how long to try again, and whose token it was. */
export type Admission =
  | { readonly ok: true; readonly value: Caller }
  | {
      readonly ok: false;
      readonly error: ControlProblem;
      readonly cause: string;
      readonly tokenId?: string;
      readonly retryAfterMillis?: number;
      /** The token let its holder do this until it ended so. */
      readonly ended?: SecretEnd;
    };

/** Lets in by token: who it is, whether they may, and whether it is not too much. */
export type Doorkeeper = (credentials: Credentials, demand: Demand) => Admission;

export interface DoorkeeperOptions {
  readonly tokens: Pick<TokenBook, 'identify'>;
  readonly now: () => number;
  readonly rateLimits: RateLimits;
}

export function createDoorkeeper({ tokens, now, rateLimits }: DoorkeeperOptions): Doorkeeper {
  // Apart from each other: strangers with many addresses make nobody's bucket be forgotten.
  const callers = createRateLimiter(now);
  const strangers = createRateLimiter(now);
  return ({ authorization, remote, takesBasic }, { permission, kind }) => {
    const identified = tokens.identify(secretOf(authorization, takesBasic));
    if (!identified.ok) {
      const waitMillis = strangers.take(remote, WRONG_TOKENS);
      return waitMillis > 0 ? tooMany(waitMillis) : wrongToken(identified, permission);
    }
    const { caller } = identified;
    const { tokenId } = caller;
    if (!may(caller.role, permission)) {
      const message = `A token of role ${caller.role} may not do this; it takes ${rolesWith(permission)}.`;
      return { ...refuse('forbidden_role', message), cause: 'forbidden_role', tokenId };
    }
    const waitMillis =
      kind === undefined ? 0 : callers.take(`${tokenId} ${kind}`, rateLimits[kind]);
    return waitMillis > 0 ? { ...tooMany(waitMillis), tokenId } : succeed(caller);
  };
}

function wrongToken(
  identified: Extract<Identified, { ok: false }>,
  permission: Permission,
): Admission {
  if (identified.why === 'unknown') {
    const message =
      'A valid bearer token is required; AFTERTRACE_TOKEN and the file that `aftertrace serve` leaves for its user have it.';
    return { ...refuse('unauthorized', message), cause: 'unauthorized' };
  }
  const { why, tokenId, role } = identified;
  return {
    ...refuse('unauthorized', `The token ${tokenId} ${ENDS[why]}`),
    cause: `token_${why}`,
    tokenId,
    ...(may(role, permission) ? { ended: why } : {}),
  };
}

const ENDS: Readonly<Record<SecretEnd, string>> = {
  expired: 'has expired; ask for another.',
  revoked: 'was revoked; ask for another.',
  rotated: 'has a new secret, and this one is over; ask for the new one.',
};

function tooMany(retryAfterMillis: number): Extract<Admission, { ok: false }> {
  const error = refuse('rate_limited', 'Too many requests; try again a little later.');
  return { ...error, cause: 'rate_limited', retryAfterMillis };
}
