/** Attributes of a series: few values each, or behind {@link createCounter}'s bound. */
export type MetricAttributes = Readonly<Record<string, string>>;

/** A number of one series. */
export interface NumberPoint {
  readonly attributes: MetricAttributes;
  readonly value: number;
}

/** A distribution of one series. */
export interface HistogramPoint {
  readonly attributes: MetricAttributes;
  readonly count: number;
  readonly sum: number;
  /** Upper bounds, inclusive, ascending; one bucket more than there are bounds. */
  readonly bounds: readonly number[];
  readonly bucketCounts: readonly number[];
}

interface MetricHead {
  /** With dots, as OpenTelemetry writes names. */
  readonly name: string;
  readonly description: string;
  /** UCUM: `By`, `s`, `1`, or an annotation such as `{span}`. */
  readonly unit: string;
}

/** A metric as it stands now; counters and histograms count from the start of the process. */
export type Metric =
  | (MetricHead & { readonly kind: 'counter' | 'gauge'; readonly points: readonly NumberPoint[] })
  | (MetricHead & { readonly kind: 'histogram'; readonly points: readonly HistogramPoint[] });

/** Counts by attributes. */
export interface Counter {
  add(attributes: MetricAttributes, value?: number): void;
  points(): readonly NumberPoint[];
}

/** What does not fit into the bound is counted under this, as OpenTelemetry's SDKs do. */
const OVERFLOW: MetricAttributes = { 'otel.metric.overflow': 'true' };

/** Names of tools and agents are strangers' words: what is longer is cut, so that bounded series are bounded bytes. */
const MAX_VALUE_LENGTH = 128;

/** @param maxSeries combinations of attributes; further ones are counted together as overflow */
export function createCounter(maxSeries = 1000): Counter {
  const series = new Map<string, { attributes: MetricAttributes; value: number }>();
  return {
    add(given, value = 1) {
      const attributes = shortened(given);
      const fits = series.size < maxSeries || series.has(keyOf(attributes));
      const counted = fits ? attributes : OVERFLOW;
      const key = keyOf(counted);
      const found = series.get(key);
      if (found === undefined) series.set(key, { attributes: { ...counted }, value });
      else found.value += value;
    },
    points: () => [...series.values()].map(({ attributes, value }) => ({ attributes, value })),
  };
}

/** Distributions by attributes. */
export interface Histogram {
  record(value: number, attributes?: MetricAttributes): void;
  points(): readonly HistogramPoint[];
}

interface Distribution {
  readonly attributes: MetricAttributes;
  readonly bucketCounts: number[];
  count: number;
  sum: number;
}

/** For attributes with a handful of values: there is no bound on series. */
export function createHistogram(bounds: readonly number[]): Histogram {
  const series = new Map<string, Distribution>();
  return {
    record(value, attributes = {}) {
      const key = keyOf(attributes);
      let found = series.get(key);
      if (found === undefined) {
        const bucketCounts = Array.from({ length: bounds.length + 1 }, () => 0);
        found = { attributes, bucketCounts, count: 0, sum: 0 };
        series.set(key, found);
      }
      const at = bounds.findIndex((bound) => value <= bound);
      const bucket = at === -1 ? bounds.length : at;
      found.bucketCounts[bucket] = (found.bucketCounts[bucket] ?? 0) + 1;
      found.count += 1;
      found.sum += value;
    },
    points: () =>
      [...series.values()].map(({ attributes, bucketCounts, count, sum }) => ({
        attributes,
        bounds,
        bucketCounts: [...bucketCounts],
        count,
        sum,
      })),
  };
}

function shortened(attributes: MetricAttributes): MetricAttributes {
  if (Object.values(attributes).every(({ length }) => length <= MAX_VALUE_LENGTH))
    return attributes;
  return Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [
      key,
      value.slice(0, MAX_VALUE_LENGTH).toWellFormed(),
    ]),
  );
}

function keyOf(attributes: MetricAttributes): string {
  return JSON.stringify(
    Object.entries(attributes).toSorted(([left], [right]) => (left < right ? -1 : 1)),
  );
}
