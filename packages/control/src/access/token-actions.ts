import { randomBytes } from 'node:crypto';

import { LedgerError } from '@aftertrace/ledger';
import type {
  AccessToken,
  Actor,
  IssuedToken,
  TokenCreateInput,
  TokenRevokeInput,
  TokenRotateInput,
} from '@aftertrace/schema';

import { recording, type ControlCore } from '../control-core.ts';
import { refuse, succeed, type ControlResult } from '../control-problem.ts';
import { OWN_TOKEN } from './token-book.ts';
import { endOf, hashSecret, isOver, type TokenRecord } from './token-records.ts';

type By = { readonly actor: Actor };
/** A token to make, with the identity that was verified. */
export type CreateTokenRequest = Omit<TokenCreateInput, 'actor'> & By;
/** A token to give a new secret. */
export type RotateTokenRequest = Omit<TokenRotateInput, 'actor'> & By & { readonly id: string };
/** A token to end. */
export type RevokeTokenRequest = Omit<TokenRevokeInput, 'actor'> & By & { readonly id: string };

/** Secrets begin so, that scanners for leaked secrets know them. */
const PREFIX = 'atk_';
const SECRET_BYTES = 32;
/** Tokens that let somebody in. */
const MAX_TOKENS = 10_000;

/** Makes a token. Sealed first: there is no token that the audit log does not know. */
export async function createToken(
  core: ControlCore,
  request: CreateTokenRequest,
): Promise<ControlResult<IssuedToken>> {
  const { role, name, identity, title, agents, ttlMillis, actor, reason } = request;
  if (agents !== undefined && role !== 'agent') {
    const message = `a token of role ${role} speaks for no agent: only one of role agent is bound to agents`;
    return refuse('invalid_request', message, [{ path: 'agents', message }]);
  }
  if (title !== undefined && identity === undefined) {
    const message = 'a title is of a person: bind the token to one, too';
    return refuse('invalid_request', message, [{ path: 'title', message }]);
  }
  return changing(core, async () => {
    const isValid = ({ state }: AccessToken): boolean => state === 'valid' || state === 'rotating';
    if (core.tokens.list().filter(isValid).length >= MAX_TOKENS) {
      return refuse('conflict', `There are ${MAX_TOKENS} tokens; that is the most there can be.`);
    }
    const secret = newSecret();
    const record: TokenRecord = {
      id: `tok_${core.randomId()}`,
      role,
      name,
      ...(identity === undefined ? {} : { identity }),
      ...(title === undefined ? {} : { title }),
      ...(agents === undefined ? {} : { agents: [...new Set(agents)] }),
      createdAt: core.timestamp(),
      createdBy: actor.id,
      ...expiry(core, ttlMillis),
      secrets: [{ hash: hashSecret(secret) }],
    };
    const { secrets: _secrets, ...facts } = record;
    await core.record('token.created', { ...facts, reason }, actor);
    return keep(core, record, secret);
  });
}

/** Gives a token a new secret; that of before is taken for as long as was asked. */
export async function rotateToken(
  core: ControlCore,
  request: RotateTokenRequest,
): Promise<ControlResult<IssuedToken>> {
  const { id, graceMillis = 0, ttlMillis, actor, reason } = request;
  return changing(core, async () => {
    const found = changeable(core, id);
    if (!found.ok) return found;
    const before = found.value;
    const nowMillis = core.now();
    if (endOf(before, nowMillis) !== undefined) {
      return refuse('conflict', `${id} is over; make a new token instead.`);
    }
    const secret = newSecret();
    const olderUntil = new Date(nowMillis + graceMillis).toISOString();
    const older = olderSecrets(before, {
      nowMillis,
      until: graceMillis === 0 ? LONG_AGO : olderUntil,
    });
    const record = {
      ...before,
      ...expiry(core, ttlMillis),
      secrets: [{ hash: hashSecret(secret) }, ...older],
    };
    const { expiresAt } = record;
    const data = { token: id, reason, ...(graceMillis === 0 ? {} : { olderUntil }) };
    await core.record(
      'token.rotated',
      { ...data, ...(expiresAt === undefined ? {} : { expiresAt }) },
      actor,
    );
    return keep(core, record, secret);
  });
}

/**
 * Ends a token. In memory first: who holds it is out at once, whatever the disk says. What cannot be kept or sealed is
 * told as a failure, since the token would be back after a restart or nobody could prove its end; revoked again, that
 * is tried again.
 */
export async function revokeToken(
  core: ControlCore,
  request: RevokeTokenRequest,
): Promise<ControlResult<AccessToken>> {
  const { id, actor, reason } = request;
  return changing(core, async () => {
    const found = changeable(core, id);
    if (!found.ok) return found;
    const { unfinished } = core.tokens;
    const { revokedAt = core.timestamp() } = found.value;
    if (found.value.revokedAt !== undefined && !unfinished.has(id)) {
      return refuse('conflict', `${id} was revoked at ${revokedAt}.`);
    }
    unfinished.add(id);
    const problem = await tryTo(() => core.tokens.putAtOnce({ ...found.value, revokedAt }));
    core.tokensChanged();
    const data = { token: id, reason, kept: problem === undefined };
    const unsealed = await sealed(core, id, () => core.record('token.revoked', data, actor));
    if (problem !== undefined) return notKept(core, `${id} lets nobody in now`, problem);
    if (unsealed !== undefined) return unsealed;
    unfinished.delete(id);
    return viewed(core, id);
  });
}

/** The refusal where a revocation that holds is not in the ledger. */
async function sealed(
  core: ControlCore,
  id: string,
  record: () => Promise<void>,
): Promise<ReturnType<typeof refuse> | undefined> {
  try {
    await record();
    return undefined;
  } catch (error) {
    if (!LedgerError.is(error)) throw error;
    core.log('error', `audit ledger: ${error.message}`);
    return refuse(
      'ledger_unavailable',
      `${id} lets nobody in now, and the audit ledger could not take that (${error.code}). Repair its disk and revoke it again.`,
    );
  }
}

function newSecret(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString('base64url');
}

async function changing<T>(
  core: ControlCore,
  action: () => Promise<ControlResult<T>>,
): Promise<ControlResult<T>> {
  return core.queue.run('tokens', async () => recording(core, action));
}

function changeable(core: ControlCore, id: string): ControlResult<TokenRecord> {
  const record = core.tokens.get(id);
  if (record === undefined) return refuse('not_found', `There is no token ${id}.`);
  if (id !== OWN_TOKEN) return succeed(record);
  return refuse(
    'conflict',
    `${OWN_TOKEN} stands in a file that its user has: replace or remove that file and restart the companion to have another.`,
  );
}

/** Over by every clock, one that is set back too. */
const LONG_AGO = new Date(0).toISOString();
/**
 * Secrets of a token that are over and still known: who sends telemetry with one is told to send it again later, and not
 * that it is lost. Those before them are a stranger's.
 */
const MAX_ENDED_SECRETS = 4;

/** The secrets of before: those that go on for a while, none longer than it already had, and the newest that are over. */
function olderSecrets(
  { secrets }: TokenRecord,
  { nowMillis, until: newUntil }: { readonly nowMillis: number; readonly until: string },
): TokenRecord['secrets'] {
  const older = secrets.map(({ hash, until }) => ({
    hash,
    until: until !== undefined && until < newUntil ? until : newUntil,
  }));
  const taken = older.filter(({ until }) => !isOver(until, nowMillis));
  const ended = older.filter(({ until }) => isOver(until, nowMillis));
  return [...taken, ...ended.slice(0, MAX_ENDED_SECRETS)];
}

function expiry(core: ControlCore, ttlMillis: number | undefined): { expiresAt?: string } {
  if (ttlMillis === undefined) return {};
  return { expiresAt: new Date(core.now() + ttlMillis).toISOString() };
}

async function keep(
  core: ControlCore,
  record: TokenRecord,
  secret: string,
): Promise<ControlResult<IssuedToken>> {
  const problem = await tryTo(() => core.tokens.put(record));
  if (problem !== undefined) return notKept(core, `${record.id} is as it was before`, problem);
  core.tokensChanged();
  const token = viewed(core, record.id);
  return token.ok ? succeed({ token: token.value, secret }) : token;
}

function viewed(core: ControlCore, id: string): ControlResult<AccessToken> {
  const token = core.tokens.view(id);
  return token === undefined ? refuse('internal', `${id} was not kept.`) : succeed(token);
}

function notKept(core: ControlCore, state: string, problem: string): ReturnType<typeof refuse> {
  core.log('error', `tokens.json could not be written: ${problem}`);
  return refuse(
    'tokens_unavailable',
    `The file of tokens could not be written (${problem}); ${state}. Repair the data directory's disk and try again.`,
  );
}

async function tryTo(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
