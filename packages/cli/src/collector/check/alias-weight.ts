import { isAlias, isMap, isNode, isSeq } from 'yaml';

/** More values than any configuration has that a person wrote. The Collector's own reader refuses such files too. */
export const MAX_ALIASED_VALUES = 100_000;

/**
 * How many values the aliases of a document stand for, each time that they are named, those within them as well: what a
 * reader has to go through on top of what is written. An alias within what it stands for counts once. In one pass.
 */
export function aliasWeight(root: unknown, targets: ReadonlyMap<unknown, unknown>): number {
  const sizes = new Map<unknown, number>();
  let written = 0;
  const sizeOf = (node: unknown): number => {
    if (isAlias(node)) return sizes.get(targets.get(node)) ?? 1;
    written += 1;
    let size = 1;
    if (isMap(node)) for (const { key, value } of node.items) size += sizeOf(key) + sizeOf(value);
    if (isSeq(node)) for (const item of node.items) size += sizeOf(item);
    if (isNode(node) && node.anchor !== undefined) sizes.set(node, size);
    return size;
  };
  return sizeOf(root) - written;
}
