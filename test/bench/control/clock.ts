/** Milliseconds on the machine's monotonic clock, which all of its processes share; no wall clock, which may be set. */
export function clock(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
