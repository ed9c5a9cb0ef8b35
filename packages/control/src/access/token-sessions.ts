import type { Caller } from './caller.ts';
import type { TokenBook } from './token-book.ts';

/** What stays open for the holder of a token, and is to end with it. */
export interface TokenSessions {
  /** @param end Called once if the token is over before the session was left. Gives a way to leave. */
  readonly enter: (caller: Caller, end: () => void) => () => void;
  /** Ends the sessions of tokens and secrets that are over by now. */
  readonly check: () => void;
}

export function createTokenSessions(tokens: Pick<TokenBook, 'isStillIn'>): TokenSessions {
  const sessions = new Map<symbol, { readonly caller: Caller; readonly end: () => void }>();
  return {
    enter: (caller, end) => {
      const key = Symbol(caller.tokenId);
      sessions.set(key, { caller, end });
      return () => void sessions.delete(key);
    },
    check: () => {
      for (const [key, { caller, end }] of sessions) {
        if (tokens.isStillIn(caller)) continue;
        sessions.delete(key);
        end();
      }
    },
  };
}
