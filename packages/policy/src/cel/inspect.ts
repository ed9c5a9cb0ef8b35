import type { ASTNode } from '@marcbachmann/cel-js';

import { MEMBERS } from './activation.ts';

/** What stands in an expression. */
export interface Inspected {
  /** It walks through lists or maps. */
  readonly walks: boolean;
  /** Patterns of `matches`. */
  readonly patterns: readonly string[];
  /** Where the word `matches` of each such call begins. */
  readonly matchCalls: readonly number[];
}

const MACROS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

/**
 * Looks through an expression for what parsing alone does not tell.
 *
 * @throws TypeError for members that there are not, for walks within walks, whose time grows with the square of what an
 * agent sends, and for patterns that are not written out.
 */
export function inspect(root: ASTNode): Inspected {
  const found = { walks: false, patterns: [] as string[], matchCalls: [] as number[] };
  visit(root, false, found);
  return found;
}

type Found = { walks: boolean; patterns: string[]; matchCalls: number[] };

function visit(node: ASTNode, inWalk: boolean, found: Found): void {
  let isWalk = false;
  if (node.op === '.') checkMember(node.args);
  if (node.op === 'rcall') {
    const [name, receiver, args] = node.args;
    if (name === 'matches') noteMatch(node, receiver, args, found);
    isWalk = MACROS.has(name);
    if (isWalk && inWalk) {
      throw new TypeError(
        `"${name}" stands inside of another walk through a list; ask the two in rules of their own`,
      );
    }
    if (isWalk) found.walks = true;
  }
  for (const child of childrenOf(node.args)) visit(child, inWalk || isWalk, found);
}

/** A member of what Aftertrace itself provides, which is known. */
function checkMember([object, member]: readonly [ASTNode, string]): void {
  if (object.op !== 'id') return;
  const known = Object.hasOwn(MEMBERS, object.args) ? MEMBERS[object.args] : undefined;
  if (known === undefined || known.includes(member)) return;
  throw new TypeError(`${object.args} has no member "${member}"; it has ${known.join(', ')}`);
}

function noteMatch(node: ASTNode, receiver: ASTNode, args: readonly ASTNode[], found: Found): void {
  const [pattern] = args;
  if (args.length !== 1 || pattern?.op !== 'value' || typeof pattern.args !== 'string') {
    throw new TypeError('"matches" takes one pattern, written out in quotes');
  }
  const between = /^\s*\)*\s*\.\s*matches\b/.exec(node.input.slice(receiver.end));
  if (between === null) {
    throw new TypeError('"matches" follows its text directly, without a comment between');
  }
  found.patterns.push(pattern.args);
  found.matchCalls.push(receiver.end + between[0].length - 'matches'.length);
}

/** Nodes below: arguments hold nodes, lists of them, and plain words. */
function childrenOf(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(childrenOf);
  return isNode(args) ? [args] : [];
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}
