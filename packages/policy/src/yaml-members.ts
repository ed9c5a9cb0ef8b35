import {
  isMap,
  isNode,
  isScalar,
  isSeq,
  visit,
  type Document,
  type Node,
  type YAMLMap,
} from 'yaml';

/**
 * The keys that stand in a mapping a second time. The library's own check compares each key with each other one, which takes
 * minutes for a text that is allowed here.
 */
export function repeatedKeys(document: Document): readonly Node[] {
  const repeated: Node[] = [];
  visit(document, {
    Map: (_key, { items }) => {
      const known = new Set<string>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        if (known.has(name)) repeated.push(key);
        known.add(name);
      }
    },
  });
  return repeated;
}

/** Finds the node at a path, in time that does not grow with the number of members beside it. */
export function nodeFinder(
  document: Document,
): (path: readonly (string | number)[]) => Node | undefined {
  const known = new WeakMap<YAMLMap, ReadonlyMap<string, unknown>>();
  const membersOf = (map: YAMLMap): ReadonlyMap<string, unknown> => {
    const members =
      known.get(map) ??
      new Map(
        map.items.flatMap(({ key, value }) => (isScalar(key) ? [[String(key.value), value]] : [])),
      );
    known.set(map, members);
    return members;
  };
  return (path) => {
    let node: unknown = document.contents;
    for (const part of path) {
      if (isMap(node)) node = membersOf(node).get(String(part));
      else node = isSeq(node) && typeof part === 'number' ? node.items[part] : undefined;
    }
    return isNode(node) ? node : undefined;
  };
}
