/** A value that the environment of the Collector may replace. Both parts were checked before. */
export function fromEnv(name: string, fallback: string): string {
  return `\${env:${name}:-${fallback}}`;
}

/** A section with those entries that there are; nothing where there is none. */
export function section(name: string, entries: readonly (string | false)[]): string {
  const there = entries.filter((entry) => entry !== false).map((entry) => indent(entry, 2));
  return there.length === 0 ? '' : `${name}:\n${there.join('\n')}`;
}

/** Moves a text of several lines to the right. */
export function indent(text: string, columns: number): string {
  const space = ' '.repeat(columns);
  return text
    .trim()
    .split('\n')
    .map((line) => (line === '' ? '' : space + line))
    .join('\n');
}
