/** Value of `error.type` for what was thrown: a class name, of low cardinality, never its message. */
export function errorType(error: unknown): string {
  if (!(error instanceof Error)) return '_OTHER';
  const name: unknown = error.name;
  return typeof name === 'string' && /^[\w$.:-]{1,100}$/.test(name) ? name : '_OTHER';
}
