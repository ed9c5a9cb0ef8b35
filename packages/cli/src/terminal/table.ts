import { sanitize } from './sanitize.ts';

/** Options of {@link renderTable}. */
export interface TableOptions {
  /** Widest a column may get, in characters. Default 60. */
  readonly maxColumnChars?: number;
  /** Spaces before each row. Default none. */
  readonly indent?: number;
}

/**
 * Rows as aligned columns of plain text, the heading first. Every cell is sanitized, so content of agents may stand in
 * it.
 */
export function renderTable(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string {
  const limit = options.maxColumnChars ?? 60;
  const cells = [heading, ...rows].map((row) => row.map((cell) => sanitize(cell, limit)));
  const widths = heading.map((_, column) =>
    Math.max(...cells.map((row) => width(row[column] ?? ''))),
  );
  const indent = ' '.repeat(options.indent ?? 0);
  return cells
    .map(
      (row) =>
        indent +
        row
          .map((cell, column) => pad(cell, widths[column] ?? 0))
          .join('  ')
          .trimEnd(),
    )
    .join('\n');
}

function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)));
}

/** Characters, not UTF-16 units: near enough to terminal columns for what stands in tables. */
function width(text: string): number {
  return Array.from(text).length;
}
