// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** A name from telemetry, fit for one line of a sentence: without control and direction characters, at most 100 long. */
export function plainName(name: string): string {
  const clean = name.slice(0, 400).replace(CONTROL, '\uFFFD').toWellFormed();
  return clean.length > 100 ? `${clean.slice(0, 99).toWellFormed()}…` : clean;
}
