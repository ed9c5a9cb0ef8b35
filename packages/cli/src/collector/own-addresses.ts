/** Where agents send to, by the defaults of each file. */
const AGENTS_GRPC_PORT = 4317;
const AGENTS_HTTP_PORT = 4318;
export const AGENTS_PORTS: readonly number[] = [AGENTS_GRPC_PORT, AGENTS_HTTP_PORT];
/** Where the instances of a gateway take whole traces in, unless told otherwise. */
export const WHOLE_PORT = 14_317;
/** A Collector listens there for its own metrics whether or not its file says so. */
const OWN_METRICS_PORT = 8888;
const HEALTH_PORT = 13_133;

/** What of the answers decides where it listens. */
export interface Listening {
  readonly kind: 'laptop' | 'production' | 'gateway';
  /** HOST:PORT. */
  readonly judged?: string | undefined;
  readonly prometheus?: string | undefined;
}

/** Where something listens, or is sent to. */
export interface Address {
  /** As URLs write it: in small letters, of an address one spelling, IPv6 in brackets; `localhost` as its number. */
  readonly host: string;
  readonly port: number;
}

interface Place extends Address {
  readonly what: string;
}

/** Listening addresses that cannot be had at once: the answer, and what has it already. */
export function clashesOf(listening: Listening): readonly {
  readonly field: 'judged' | 'prometheus';
  readonly with: string;
}[] {
  const taken = [...fixedPlaces(listening)];
  return namedPlaces(listening).flatMap(({ field, ...place }) => {
    const other = taken.find((one) => one.port === place.port && mayBeOne(one.host, place.host));
    taken.push(place);
    return other === undefined ? [] : [{ field, with: other.what }];
  });
}

/** What of this Collector itself listens at an address to send to; `undefined` where nothing does. */
export function ownPlaceAt(url: string, listening: Listening): string | undefined {
  const address = addressOf(url);
  if (address === undefined) return undefined;
  return [...fixedPlaces(listening), ...namedPlaces(listening)].find(
    (place) => place.port === address.port && comesTo(address.host, place.host),
  )?.what;
}

function fixedPlaces({ kind }: Listening): readonly Place[] {
  const host = '127.0.0.1';
  const places = [
    { host, port: AGENTS_GRPC_PORT, what: 'what agents send over gRPC' },
    { host, port: AGENTS_HTTP_PORT, what: 'what agents send over HTTP' },
    { host, port: OWN_METRICS_PORT, what: "the Collector's own metrics" },
  ];
  if (kind !== 'laptop') places.push({ host, port: HEALTH_PORT, what: "the Collector's health" });
  if (kind === 'gateway')
    places.push({ host, port: WHOLE_PORT, what: 'whole traces of the gateway' });
  return places;
}

function namedPlaces(
  listening: Listening,
): readonly (Place & { readonly field: 'judged' | 'prometheus' })[] {
  return (['judged', 'prometheus'] as const).flatMap((field) => {
    const address = addressOf(`http://${listening[field] ?? ''}`);
    return address === undefined ? [] : [{ ...address, field, what: `what ${field} says` }];
  });
}

/** The address in a URL; `undefined` where it is none. */
export function addressOf(url: string): Address | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname, port, protocol } = new URL(url);
  return {
    host: hostname === 'localhost' ? '127.0.0.1' : hostname,
    port: Number(port === '' ? (protocol === 'https:' ? 443 : 80) : port),
  };
}

/** Two listeners of one port. */
function mayBeOne(a: string, b: string): boolean {
  return a === b || isAny(a) || isAny(b);
}

/** Whether what is sent to a host comes to a listener. To all addresses is to this machine. */
export function comesTo(host: string, listener: string): boolean {
  const here = host === '0.0.0.0' ? '127.0.0.1' : host === '[::]' ? '[::1]' : host;
  return here === listener || (isAny(listener) && isLoopback(here));
}

/** The Collector listens on those of both families then, whichever of the two is written. */
const isAny = (host: string): boolean => host === '0.0.0.0' || host === '[::]';

/** Whether an address is of this machine, where compressing costs more than it saves. */
export function isLoopback(address: string): boolean {
  const host = /^(?:[a-z]+:\/\/)?(\[[^\]]*\]|[^:/]*)/i.exec(address)?.[1] ?? '';
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d+){3}$/.test(host);
}
