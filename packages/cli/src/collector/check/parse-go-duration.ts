const UNITS: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/** A duration as the Collector reads it (`1h30m`, `500ms`, `0`), in milliseconds; a bare number counts nanoseconds. */
export function parseGoDuration(value: unknown): number | undefined {
  if (typeof value === 'number') return value * 1e-6;
  if (typeof value !== 'string' || value === '') return undefined;
  if (value === '0') return 0;
  let millis = 0;
  const rest = value.replaceAll(
    /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g,
    (_, count: string, unit: string) => {
      millis += Number(count) * (UNITS.get(unit) ?? 0);
      return '';
    },
  );
  return rest === '' ? millis : undefined;
}
