/**
 * JSON pointers (RFC 6901) over values that come from strangers: only own properties count, a prototype is never
 * read or written, and nothing that is given is changed.
 */

/** The reference tokens of a pointer, or `undefined` where the text is not a pointer. `''` has none. */
export function parsePointer(pointer: string): readonly string[] | undefined {
  if (pointer === '') return [];
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) return undefined;
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The pointer of a list of tokens. */
export function formatPointer(tokens: readonly string[]): string {
  return tokens.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** What a pointer found. `undefined` as a value and nothing at all are not the same. */
export type Found = { readonly found: true; readonly value: unknown } | { readonly found: false };

const NOTHING: Found = Object.freeze({ found: false });

/** Looks a pointer's tokens up. Throws only what getters and proxies of the value throw. */
export function lookUp(root: unknown, tokens: readonly string[]): Found {
  let value = root;
  for (const token of tokens) {
    if (!isObject(value) || !hasMember(value, token)) return NOTHING;
    value = (value as Record<string, unknown>)[token];
  }
  return { found: true, value };
}

/** As `lookUp`, where nothing and `undefined` are the same: makes nothing. */
export function valueAt(root: unknown, tokens: readonly string[]): unknown {
  let value = root;
  for (const token of tokens) {
    if (!isObject(value) || !hasMember(value, token)) return undefined;
    value = (value as Record<string, unknown>)[token];
  }
  return value;
}

/** A copy of `root` in which the tokens lead to `next`; only the way there is copied. */
export function replaceAt(root: unknown, tokens: readonly string[], next: unknown): unknown {
  const [token, ...rest] = tokens;
  if (token === undefined) return next;
  if (root === undefined) return withMember({}, token, replaceAt(undefined, rest, next));
  if (!isObject(root)) {
    throw new TypeError(`a pointer leads through a ${root === null ? 'null' : typeof root}`);
  }
  if (Array.isArray(root) && !isNextIndex(root, token)) {
    throw new TypeError('a pointer leads outside of a list');
  }
  const child = hasMember(root, token) ? (root as Record<string, unknown>)[token] : undefined;
  return withMember(copyOf(root), token, replaceAt(child, rest, next));
}

/** A shallow copy that keeps the prototype and takes own enumerable members as plain data. */
export function copyOf(value: object): object {
  if (Array.isArray(value)) return value.slice();
  const copy: object = Object.create(Object.getPrototypeOf(value));
  for (const key of Object.keys(value)) {
    withMember(copy, key, (value as Record<string, unknown>)[key]);
  }
  return copy;
}

/** Sets an own member, also one that is called `__proto__`. */
export function withMember(target: object, key: string, value: unknown): object {
  Object.defineProperty(target, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
  return target;
}

/** Objects and lists: what a pointer can lead into. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function hasMember(value: object, token: string): boolean {
  if (Array.isArray(value) && !/^(?:0|[1-9]\d{0,9})$/.test(token)) return false;
  return Object.hasOwn(value, token);
}

/** `-` is not supported: what it names does not exist. */
function isNextIndex(list: readonly unknown[], token: string): boolean {
  return /^(?:0|[1-9]\d{0,9})$/.test(token) && Number(token) <= list.length;
}
