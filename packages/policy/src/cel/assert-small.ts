/** Values in all, in a value that an expression walks through. */
const MAX_VALUES = 2_000;
/** Characters in all. In UTF-16 units. */
const MAX_CHARS = 1_000_000;
/** Values by characters: each step of a walk may look at all of the text. */
const MAX_LOOKS = 100_000_000;
/** Parts that an expression may take a text into: they are values, too. */
export const MAX_PARTS = 2_000;

/**
 * An expression with `exists`, `map` and the like may compare each element with each other one: what it walks through
 * has to be small, or an agent could delay its own calls at will.
 *
 * @throws RangeError where the value is larger.
 */
export function assertSmall(roots: readonly unknown[], splits: boolean): void {
  const open: unknown[] = [...roots];
  let values = 0;
  let chars = 0;
  while (open.length > 0) {
    const value = open.pop();
    values += 1;
    if (typeof value === 'string') chars += value.length;
    else if (typeof value === 'object' && value !== null) {
      if (sizeOf(value) > MAX_VALUES) throw tooLarge();
      const members = ArrayBuffer.isView(value) ? [] : Object.values(value);
      if (members.length > MAX_VALUES) throw tooLarge();
      for (const member of members) open.push(member);
    }
    if (values > MAX_VALUES + roots.length || chars > MAX_CHARS) throw tooLarge();
  }
  if ((values + (splits ? MAX_PARTS : 0)) * chars > MAX_LOOKS) throw tooLarge();
}

/** What can be known without looking: a list of millions is not even listed. */
function sizeOf(value: object): number {
  if (Array.isArray(value)) return value.length;
  if (value instanceof Map || value instanceof Set) return value.size;
  return ArrayBuffer.isView(value) ? value.byteLength : 0;
}

function tooLarge(): RangeError {
  return new RangeError(
    `there are more than ${MAX_VALUES} values or ${MAX_CHARS} characters, or many values and much text, which is too much to walk through`,
  );
}
