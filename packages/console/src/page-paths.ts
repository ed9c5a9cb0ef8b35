/** What an address of the console asks for. */
export type PageRequest =
  | { readonly kind: 'trajectory'; readonly id: string; readonly isWhole: boolean }
  | { readonly kind: 'trace'; readonly traceId: string; readonly isWhole: boolean }
  | { readonly kind: 'incident'; readonly id: string; readonly isWhole: boolean }
  | ({ readonly kind: 'incidents'; readonly isWhole: boolean } & IncidentsFilter)
  /** Under the console's paths, and none of its pages. */
  | { readonly kind: 'nothing' };

/** Which incidents a list holds; all that are given must hold. */
export interface IncidentsFilter {
  readonly agent?: string;
  readonly tool?: string;
}

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

/** Where the list of incidents is. */
export function incidentsPath({ agent, tool }: IncidentsFilter = {}, isWhole = false): string {
  const query = [
    ...(agent === undefined ? [] : [`agent=${encode(agent)}`]),
    ...(tool === undefined ? [] : [`tool=${encode(tool)}`]),
    ...(isWhole ? ['full=1'] : []),
  ];
  return query.length === 0 ? '/incidents' : `/incidents?${query.join('&')}`;
}

/** Of an id or a name; names of agents and tools may be longer than ids. */
const MAX_ID_CHARS = 1_000;
/** Some stores of traces leave zeros at the front away. */
const TRACE_ID = /^[0-9a-f]{16,32}$/i;

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
    return id === ''
      ? { kind: 'incidents', isWhole, ...filterOf(url.searchParams) }
      : { kind: 'incident', id, isWhole };
  if (id !== '') return { kind: 'trajectory', id, isWhole };
  const traceId = url.searchParams.get('trace') ?? '';
  if (!TRACE_ID.test(traceId)) return { kind: 'nothing' };
  return { kind: 'trace', traceId: traceId.toLowerCase().padStart(32, '0'), isWhole };
}

function filterOf(query: URLSearchParams): IncidentsFilter {
  // A dashboard fills in nothing where a series has no such label.
  const agent = query.get('agent') ?? '';
  const tool = query.get('tool') ?? '';
  return { ...(agent === '' ? {} : { agent }), ...(tool === '' ? {} : { tool }) };
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
