import type { AccessRole, AccessToken } from '@aftertrace/schema';

import type { Caller } from './caller.ts';
import type { TokenStorage } from './token-file.ts';
import {
  endOf,
  hashSecret,
  isOver,
  viewToken,
  type SecretEnd,
  type TokenRecord,
} from './token-records.ts';

/** Id of the token that the companion made for its own user. */
export const OWN_TOKEN = 'tok_own';

/** Who a secret is of, or why it lets nobody in; where it once did, whom. */
export type Identified =
  | { readonly ok: true; readonly caller: Caller }
  | { readonly ok: false; readonly why: 'unknown' }
  | {
      readonly ok: false;
      readonly why: SecretEnd;
      readonly tokenId: string;
      readonly role: AccessRole;
    };

/** The tokens that let people and processes in. In memory; what changes is kept by the storage. */
export interface TokenBook {
  /** Reads what is kept. @throws Error where it cannot be understood. */
  readonly load: () => Promise<void>;
  readonly identify: (secret: string) => Identified;
  /** Whether a secret that was let in would be let in now; for what stays open. */
  readonly isStillIn: (caller: Caller) => boolean;
  readonly get: (id: string) => TokenRecord | undefined;
  readonly list: () => readonly AccessToken[];
  readonly view: (id: string) => AccessToken | undefined;
  /** Puts a token in the place of the one with its id, on disk first. @throws what the disk says; nothing has changed then. */
  readonly put: (record: TokenRecord) => Promise<void>;
  /** The same, in memory first: it holds even if it cannot be kept. @throws what the disk says. */
  readonly putAtOnce: (record: TokenRecord) => Promise<void>;
  /** Revoked tokens of which the disk or the ledger does not know yet: to revoke one again is to try that again. */
  readonly unfinished: Set<string>;
}

export interface TokenBookOptions {
  readonly storage: TokenStorage;
  /** The secret of the companion's own user, who administers it. */
  readonly ownSecret: string;
  readonly now: () => number;
}

/** @throws Error where the companion's own secret is empty: who shows none would be let in by it. */
export function createTokenBook(options: TokenBookOptions): TokenBook {
  if (options.ownSecret === '') {
    throw new Error('the token of the companion is empty; give it one that nobody can guess');
  }
  return new Book(options);
}

class Book implements TokenBook {
  readonly #storage: TokenStorage;
  readonly #now: () => number;
  readonly #own: TokenRecord;
  readonly #records = new Map<string, TokenRecord>();
  /** Ids by the hash of their secrets. A look-up by hash tells a stranger's clock nothing about any secret. */
  #byHash = new Map<string, string>();
  readonly #lastUsedMillis = new Map<string, number>();
  readonly unfinished = new Set<string>();

  constructor({ storage, ownSecret, now }: TokenBookOptions) {
    this.#storage = storage;
    this.#now = now;
    this.#own = {
      id: OWN_TOKEN,
      role: 'admin',
      name: "the companion's own user",
      createdAt: new Date(now()).toISOString(),
      createdBy: 'aftertrace/control',
      secrets: [{ hash: hashSecret(ownSecret) }],
    };
    this.#set([this.#own]);
  }

  load = async (): Promise<void> => {
    const kept = await this.#storage.load();
    this.#set([this.#own, ...kept.filter(({ id }) => id !== OWN_TOKEN)]);
  };

  identify = (secret: string): Identified => {
    const secretHash = hashSecret(secret);
    const record = this.#recordOf(secretHash);
    if (record === undefined) return { ok: false, why: 'unknown' };
    const { id: tokenId, role, name, identity, title, agents } = record;
    const why = this.#endOf(record, secretHash);
    if (why !== undefined) return { ok: false, why, tokenId, role };
    this.#lastUsedMillis.set(tokenId, this.#now());
    const caller = {
      tokenId,
      role,
      name,
      secretHash,
      ...(identity === undefined ? {} : { identity }),
      ...(title === undefined ? {} : { title }),
      ...(agents === undefined ? {} : { agents }),
    };
    return { ok: true, caller };
  };

  isStillIn = ({ secretHash }: Caller): boolean => {
    const record = this.#recordOf(secretHash);
    return record !== undefined && this.#endOf(record, secretHash) === undefined;
  };

  get = (id: string): TokenRecord | undefined => this.#records.get(id);

  list = (): readonly AccessToken[] => [...this.#records.values()].map(this.#view);

  view = (id: string): AccessToken | undefined => {
    const record = this.#records.get(id);
    return record === undefined ? undefined : this.#view(record);
  };

  put = async (record: TokenRecord): Promise<void> => {
    const records = forgetEnded(new Map(this.#records).set(record.id, record), this.#now());
    await this.#keep(records);
    this.#set(records.values());
  };

  putAtOnce = async (record: TokenRecord): Promise<void> => {
    this.#set(new Map(this.#records).set(record.id, record).values());
    await this.#keep(this.#records);
  };

  #keep(records: ReadonlyMap<string, TokenRecord>): Promise<void> {
    return this.#storage.save([...records.values()].filter(({ id }) => id !== OWN_TOKEN));
  }

  #set(records: Iterable<TokenRecord>): void {
    const all = [...records];
    this.#records.clear();
    for (const record of all) this.#records.set(record.id, record);
    this.#byHash = new Map(
      all.flatMap(({ id, secrets }) => secrets.map(({ hash }) => [hash, id] as const)),
    );
  }

  #recordOf(hash: string): TokenRecord | undefined {
    const id = this.#byHash.get(hash);
    return id === undefined ? undefined : this.#records.get(id);
  }

  #endOf(record: TokenRecord, hash: string): SecretEnd | undefined {
    const nowMillis = this.#now();
    const secret = record.secrets.find((one) => one.hash === hash);
    return endOf(record, nowMillis) ?? (isOver(secret?.until, nowMillis) ? 'rotated' : undefined);
  }

  #view = (record: TokenRecord): AccessToken => {
    const used = this.#lastUsedMillis.get(record.id);
    const lastUsedAt = used === undefined ? {} : { lastUsedAt: new Date(used).toISOString() };
    return viewToken(record, { nowMillis: this.#now(), ...lastUsedAt });
  };
}

/** Ended tokens beyond this are forgotten, the oldest first: who shows one is a stranger then. */
const MAX_ENDED = 1_000;

function forgetEnded(
  records: Map<string, TokenRecord>,
  nowMillis: number,
): Map<string, TokenRecord> {
  const ended = [...records.values()].filter((record) => endOf(record, nowMillis) !== undefined);
  for (const { id } of ended.slice(0, Math.max(0, ended.length - MAX_ENDED))) records.delete(id);
  return records;
}
