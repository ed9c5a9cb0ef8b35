/** Where a Collector listens by the defaults of every file: agents, health, its own metrics. */
const AGENTS_GRPC_PORT = 4317;
const AGENTS_HTTP_PORT = 4318;
const OWN_METRICS_PORT = 8888;
const HEALTH_PORT = 13_133;

/** What of the answers decides where it listens besides. */
export interface Listening {
  /** The port that other instances of a gateway send to. */
  readonly wholePort?: number | undefined;
  /** HOST:PORT. */
  readonly judged?: string | undefined;
  readonly prometheus?: string | undefined;
}

interface Place {
  readonly host: string;
  readonly port: number;
  readonly what: string;
}

/** Listening addresses that cannot be had at once: the answer, and what has it already. */
export function clashesOf(listening: Listening): readonly {
  readonly field: 'judged' | 'prometheus';
  readonly with: string;
}[] {
  const taken = [...fixedPlaces(listening)];
  return (['judged', 'prometheus'] as const).flatMap((field) => {
    const address = listening[field];
    if (address === undefined) return [];
    const place = { ...placeOf(address), what: `what ${field} says` };
    const other = taken.find((one) => one.port === place.port && mayBeOne(one.host, place.host));
    taken.push(place);
    return other === undefined ? [] : [{ field, with: other.what }];
  });
}

/** What of this Collector itself listens at an address to send to; `undefined` where nothing does. */
export function ownPlaceAt(url: string, listening: Listening): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname, port, protocol } = new URL(url);
  const number = Number(port === '' ? (protocol === 'https:' ? 443 : 80) : port);
  const named = (['judged', 'prometheus'] as const).flatMap((field) => {
    const address = listening[field];
    return address === undefined ? [] : [{ ...placeOf(address), what: `what ${field} says` }];
  });
  return [...fixedPlaces(listening), ...named].find(
    (place) => place.port === number && isOf(hostname, place.host),
  )?.what;
}

function fixedPlaces({ wholePort }: Listening): readonly Place[] {
  const host = '127.0.0.1';
  return [
    { host, port: AGENTS_GRPC_PORT, what: 'what agents send over gRPC' },
    { host, port: AGENTS_HTTP_PORT, what: 'what agents send over HTTP' },
    { host, port: OWN_METRICS_PORT, what: "the Collector's own metrics" },
    { host, port: HEALTH_PORT, what: "the Collector's health" },
    ...(wholePort === undefined
      ? []
      : [{ host, port: wholePort, what: 'whole traces of the gateway' }]),
  ];
}

function placeOf(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

/** Two listeners of one port. */
function mayBeOne(a: string, b: string): boolean {
  return a === b || isAny(a) || isAny(b) || (isHere(a) && isHere(b));
}

/** Whether what is sent to a host comes to a listener. */
function isOf(host: string, listener: string): boolean {
  if (host === listener) return true;
  return isAny(listener) ? isHere(host) || host === '[::1]' : isHere(host) && isHere(listener);
}

const isAny = (host: string): boolean => host === '0.0.0.0' || host === '[::]';

/** Of IPv4's loopback, by name or number, also as it is written for all addresses. */
const isHere = (host: string): boolean =>
  host === 'localhost' || host === '0.0.0.0' || /^127(?:\.\d+){3}$/.test(host);
