import { sha256Hex } from '@aftertrace/schema';

/** Where a value of an entry stands: by what it is, and by whose it is. */
export interface DetailRef {
  /** Of the value; the entry has it. */
  readonly digest: string;
  /** What the entry is about: a question, a held call, an effect, a record of an override. */
  readonly owner: string;
}

/**
 * The name of a value in the detail store. Equal values of two owners are two: what one is destroyed for leaves the other's.
 */
export function detailId({ digest, owner }: DetailRef): string {
  return `sha256:${sha256Hex(`${digest}\n${owner}`)}`;
}

/** The member of an entry's data whose id owns the values that the entry points to. */
const OWNERS: ReadonlyMap<string, string> = new Map([
  ['approval.requested', 'request'],
  ['quarantine.held', 'request'],
  ['effect', 'effect'],
  ['override', 'override'],
]);

/** The arguments and results that an entry has of its own; what it says of another entry's is not among them. */
export function detailRefs(
  type: string,
  data: Readonly<Record<string, unknown>>,
): readonly DetailRef[] {
  const member = OWNERS.get(type);
  const about = member === undefined ? undefined : data[member];
  if (typeof about !== 'object' || about === null) return [];
  const { id: owner } = about as { readonly id?: unknown };
  if (typeof owner !== 'string') return [];
  return [data['argumentsDigest'], data['resultDigest']].flatMap((digest) =>
    typeof digest === 'string' ? [{ digest, owner }] : [],
  );
}
