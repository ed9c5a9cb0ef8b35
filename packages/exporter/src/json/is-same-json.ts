const MAX_DEPTH = 100;

/**
 * Whether two values of JSON are equal, whatever the order of their keys. What is absent equals `null`; what is nested
 * deeper than 100 levels counts as equal.
 */
export function isSameJson(left: unknown, right: unknown, depth = 0): boolean {
  const one = left ?? null;
  const other = right ?? null;
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
    return false;
  if (depth >= MAX_DEPTH) return true;
  if (Array.isArray(one) || Array.isArray(other)) {
    return Array.isArray(one) && Array.isArray(other) && areSameItems(one, other, depth);
  }
  return areSameFields(one as Fields, other as Fields, depth);
}

type Fields = Readonly<Record<string, unknown>>;

function areSameItems(left: readonly unknown[], right: readonly unknown[], depth: number): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index += 1) {
    if (!isSameJson(left[index], right[index], depth + 1)) return false;
  }
  return true;
}

function areSameFields(left: Fields, right: Fields, depth: number): boolean {
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  for (const key of keys) {
    if (!Object.hasOwn(right, key) || !isSameJson(left[key], right[key], depth + 1)) return false;
  }
  return true;
}
