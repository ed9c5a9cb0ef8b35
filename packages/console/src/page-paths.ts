/** What an address of the console asks for. */
export type PageRequest =
  | { readonly kind: 'trajectory'; readonly id: string; readonly isWhole: boolean }
  | { readonly kind: 'trace'; readonly traceId: string; readonly isWhole: boolean }
  | { readonly kind: 'incident'; readonly id: string; readonly isWhole: boolean }
  /** Under the console's paths, and none of its pages. */
  | { readonly kind: 'nothing' };

/** Where the page of a run is. */
export function trajectoryPath(id: string): string {
  return `/trajectories/${encode(id)}`;
}

/** Where the page of the newest run of a trace is. */
export function tracePath(traceId: string): string {
  return `/trajectories?trace=${encode(traceId)}`;
}

/** Where the page of an incident is. */
export function incidentPath(id: string): string {
  return `/incidents/${encode(id)}`;
}

const MAX_ID_CHARS = 200;
const TRACE_ID = /^[0-9a-f]{32}$/i;

/** The page that a request's target asks for; `undefined`: it is not one of the console's. `/incidents/v1` is an API. */
export function parsePagePath(target: string): PageRequest | undefined {
  const url = URL.parse(target, 'http://localhost');
  if (url === null) return undefined;
  const [, collection, part, ...more] = url.pathname.split('/');
  if (collection !== 'trajectories' && collection !== 'incidents') return undefined;
  if (collection === 'incidents' && part === 'v1') return undefined;
  const isWhole = url.searchParams.get('full') === '1';
  const id = decode(part ?? '');
  if (more.length > 0 || id.length > MAX_ID_CHARS) return { kind: 'nothing' };
  if (collection === 'incidents')
    return id === '' ? { kind: 'nothing' } : { kind: 'incident', id, isWhole };
  if (id !== '') return { kind: 'trajectory', id, isWhole };
  const traceId = url.searchParams.get('trace') ?? '';
  if (!TRACE_ID.test(traceId)) return { kind: 'nothing' };
  return { kind: 'trace', traceId: traceId.toLowerCase(), isWhole };
}

/** Ids of others may hold half a pair, for which there is no percent-encoding. */
function encode(id: string): string {
  return encodeURIComponent(id.toWellFormed());
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return ''; // Not percent-encoding: no id looks like this.
  }
}
