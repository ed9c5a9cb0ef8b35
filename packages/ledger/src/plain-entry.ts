import type { LedgerEntry, LedgerEntryInput } from '@aftertrace/schema';

const NAMES = ['actor', 'at', 'data', 'hash', 'prevHash', 'seq', 'type'] as const;
const INPUT_NAMES = ['actor', 'at', 'data', 'type'] as const;
const ACTOR_NAMES: ReadonlySet<string> = new Set([
  'kind',
  'id',
  'name',
  'role',
  'assurance',
  'tokenId',
]);
const ACTOR_KINDS: ReadonlySet<unknown> = new Set(['human', 'agent', 'system', 'plan']);
const ASSURANCES: ReadonlySet<unknown> = new Set(['asserted', 'token', 'sso', 'mfa', 'signed']);
const HASH = /^[0-9a-f]{64}$/;

/**
 * True for what is an entry at first sight, as nearly all lines are: the schema, which takes several times as long, is
 * asked only about the others. Never true for what the schema refuses.
 */
export function isPlainEntry(json: unknown): json is LedgerEntry {
  if (!isObject(json)) return false;
  const names = Object.keys(json);
  // In a line the names stand in this order.
  if (names.length !== NAMES.length || NAMES.some((name, at) => names[at] !== name)) return false;
  const { actor, at, data, hash, prevHash, seq, type } = json;
  return (
    isText(type) &&
    Number.isSafeInteger(seq) &&
    (seq as number) >= 0 &&
    isHash(hash) &&
    isHash(prevHash) &&
    isObject(data) &&
    isMillisecond(at) &&
    isPlainActor(actor)
  );
}

/** The same of what a writer gives, once it is a copy in canonical form. */
export function isPlainInput(copy: unknown): copy is LedgerEntryInput {
  if (!isObject(copy)) return false;
  const names = Object.keys(copy);
  if (names.length !== INPUT_NAMES.length || INPUT_NAMES.some((name, at) => names[at] !== name)) {
    return false;
  }
  const { actor, at, data, type } = copy;
  return isText(type) && isObject(data) && isMillisecond(at) && isPlainActor(actor);
}

function isPlainActor(actor: unknown): boolean {
  if (!isObject(actor) || !isText(actor['id'])) return false;
  const { kind, assurance, name, role, tokenId } = actor;
  if (!ACTOR_KINDS.has(kind) || !ASSURANCES.has(assurance)) return false;
  if (!Object.keys(actor).every((key) => ACTOR_NAMES.has(key))) return false;
  return [name, role, tokenId].every((text) => text === undefined || typeof text === 'string');
}

/** A time as this package's users write it. */
function isMillisecond(at: unknown): boolean {
  if (typeof at !== 'string' || at.length !== 24) return false;
  if (at === lastGood) return true;
  const millis = Date.parse(at);
  const isGood = !Number.isNaN(millis) && new Date(millis).toISOString() === at;
  if (isGood) lastGood = at;
  return isGood;
}

/** Entries that come together have the same time. */
let lastGood = '';

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isHash(value: unknown): boolean {
  return typeof value === 'string' && HASH.test(value);
}
