/** Versions of a package that were tried: `from`, inclusive, up to `below`, exclusive. Pre-releases count as their release. */
export interface VersionRange {
  readonly from: string;
  readonly below: string;
}

/** Whether a version, for example `1.4.0`, lies in one of the ranges. What is no version lies in none. */
export function isIn(version: string, ranges: readonly VersionRange[]): boolean {
  const wanted = numbers(version);
  if (wanted === undefined) return false;
  return ranges.some(({ from, below }) => {
    const least = numbers(from);
    const end = numbers(below);
    return (
      least !== undefined &&
      end !== undefined &&
      compare(wanted, least) >= 0 &&
      compare(wanted, end) < 0
    );
  });
}

/** Every release of these majors. */
export function majors(...wanted: readonly number[]): readonly VersionRange[] {
  return wanted.map((major) => ({ from: `${major}.0.0`, below: `${major + 1}.0.0` }));
}

/** For messages: `>=5.0.0 <6.0.0 || >=7.0.0 <8.0.0`, in order, ranges that touch as one. */
export function rangesText(ranges: readonly VersionRange[]): string {
  const sorted = ranges.toSorted((a, b) => order(a.from, b.from));
  const joined: VersionRange[] = [];
  for (const range of sorted) {
    const last = joined.at(-1);
    if (last === undefined || order(range.from, last.below) > 0) joined.push(range);
    else if (order(range.below, last.below) > 0)
      joined.splice(-1, 1, { ...last, below: range.below });
  }
  return joined.map(({ from, below }) => `>=${from} <${below}`).join(' || ');
}

function order(a: string, b: string): number {
  return compare(numbers(a) ?? [0, 0, 0], numbers(b) ?? [0, 0, 0]);
}

type Numbers = readonly [number, number, number];

function numbers(version: string): Numbers | undefined {
  const match = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3])];
}

function compare(a: Numbers, b: Numbers): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
