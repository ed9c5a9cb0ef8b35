import type { ASTNode } from '@marcbachmann/cel-js';

import { MEMBERS } from './activation.ts';

/** What stands in an expression. */
export interface Inspected {
  /** It walks through lists or maps. */
  readonly walks: boolean;
  /** It takes texts apart. */
  readonly splits: boolean;
  /** Patterns of `matches`. */
  readonly patterns: readonly string[];
  /** Calls of functions that have another in their place. */
  readonly replaced: readonly Replaced[];
}

/** A call that is to have another name. */
export interface Replaced {
  /** Where its name begins. */
  readonly at: number;
  /** As long as the name that it has, so that places in messages stay right. */
  readonly name: string;
}

/** Functions of the library that can take time without end, or make lists without end, and what takes their place. */
export const REPLACED = { matches: 'rematch', contains: 'includes', split: 'parts' } as const;

const OURS: ReadonlySet<string> = new Set(Object.values(REPLACED));
const MACROS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);
/** Those whose first argument is the author's, never an agent's. */
const WRITTEN_OUT: ReadonlySet<string> = new Set(['matches', 'split', 'indexOf', 'lastIndexOf']);

/**
 * Looks through an expression for what parsing alone does not tell.
 *
 * @throws TypeError for members that there are not, for walks within walks, whose time grows with the square of what an
 * agent sends, and for patterns that are not written out.
 */
export function inspect(root: ASTNode): Inspected {
  const found: Found = { walks: false, splits: false, patterns: [], replaced: [] };
  visit(root, OUTSIDE, found);
  return found;
}

type Found = { walks: boolean; splits: boolean; patterns: string[]; replaced: Replaced[] };

/** Where a part of an expression stands: in a walk, and there in what is done with each value. */
interface Inside {
  readonly walk: boolean;
  readonly body: boolean;
}

const OUTSIDE: Inside = { walk: false, body: false };

function visit(node: ASTNode, inside: Inside, found: Found): void {
  if (node.op === '.') checkMember(node.args);
  if (node.op !== 'rcall') {
    for (const child of childrenOf(node.args)) visit(child, inside, found);
    return;
  }
  const [name, receiver, args] = node.args;
  checkCall(node, inside, found);
  const isWalk = MACROS.has(name);
  const walk = inside.walk || isWalk;
  visit(receiver, { walk, body: inside.body }, found);
  for (const arg of args) visit(arg, { walk, body: inside.body || isWalk }, found);
}

type Call = Extract<ASTNode, { readonly op: 'rcall' }>;

function checkCall(node: Call, inside: Inside, found: Found): void {
  const [name, , args] = node.args;
  if (OURS.has(name)) throw new TypeError(`found no function "${name}"`);
  if (MACROS.has(name)) {
    if (inside.walk) throw walkInWalk(name);
    found.walks = true;
  }
  if (name === 'split') {
    if (inside.body) throw walkInWalk(name);
    found.splits = true;
  }
  if (WRITTEN_OUT.has(name)) {
    const written = writtenOut(name, args);
    if (name === 'matches') found.patterns.push(written);
  }
  if (isReplaced(name)) found.replaced.push({ at: placeOf(node), name: REPLACED[name] });
}

function walkInWalk(name: string): TypeError {
  return new TypeError(
    `"${name}" stands inside of another walk through a list; ask the two in rules of their own`,
  );
}

function isReplaced(name: string): name is keyof typeof REPLACED {
  return Object.hasOwn(REPLACED, name);
}

function writtenOut(name: string, args: readonly ASTNode[]): string {
  const [first, ...others] = args;
  const isWritten = first?.op === 'value' && typeof first.args === 'string';
  if (isWritten && !(isReplaced(name) && others.length > 0)) return first.args;
  throw new TypeError(`"${name}" takes one text, written out in quotes`);
}

/** Where the name of a call begins. */
function placeOf({ args: [name, receiver], input }: Call): number {
  const between = /^[\s)]*\.\s*/.exec(input.slice(receiver.end));
  const at = receiver.end + (between?.[0].length ?? 0);
  if (between !== null && input.startsWith(name, at)) return at;
  throw new TypeError(`"${name}" follows its text directly, without a comment between`);
}

/** A member of what Aftertrace itself provides, which is known. */
function checkMember([object, member]: readonly [ASTNode, string]): void {
  if (object.op !== 'id') return;
  const known = Object.hasOwn(MEMBERS, object.args) ? MEMBERS[object.args] : undefined;
  if (known === undefined || known.includes(member)) return;
  throw new TypeError(`${object.args} has no member "${member}"; it has ${known.join(', ')}`);
}

/** Nodes below: arguments hold nodes, lists of them, and plain words. */
function childrenOf(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(childrenOf);
  return isNode(args) ? [args] : [];
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}
