/** A limit that a figure is measured against. */
export type Bar = { readonly atMost: number } | { readonly atLeast: number };

/** One figure of a benchmark. */
export interface Row {
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  /** `undefined`: nobody asks for more than to know it. */
  readonly bar?: Bar;
}

/** A figure as it is printed and kept: `holds` is `null` where there is no bar. */
export interface JudgedRow {
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  readonly bar: string | null;
  readonly holds: boolean | null;
}

/** What a benchmark is given, and what it can say besides its rows. */
export interface BenchContext {
  /** The arguments after the benchmark's name. */
  readonly args: readonly string[];
  /** A line for the person who waits. */
  readonly note: (text: string) => void;
}

export type Benchmark = (context: BenchContext) => Promise<readonly Row[]>;

export function judgedRow({ metric, value, unit, bar }: Row): JudgedRow {
  if (bar === undefined) return { metric, value, unit, bar: null, holds: null };
  return 'atMost' in bar
    ? { metric, value, unit, bar: `<= ${bar.atMost}`, holds: value <= bar.atMost }
    : { metric, value, unit, bar: `>= ${bar.atLeast}`, holds: value >= bar.atLeast };
}

/** Rows as a table of plain text. */
export function renderRows(rows: readonly JudgedRow[]): string {
  const cells = [
    ['METRIC', 'VALUE', 'UNIT', 'BAR', 'HOLDS'],
    ...rows.map(({ metric, value, unit, bar, holds }) => [
      metric,
      format(value),
      unit,
      bar ?? '',
      holds === null ? '' : holds ? 'yes' : 'NO',
    ]),
  ];
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  const pad = (cell: string, column: number): string =>
    column === 1 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
  return cells.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}

function format(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3);
}
