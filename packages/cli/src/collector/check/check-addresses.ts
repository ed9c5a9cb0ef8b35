import { addressOf, comesTo, type Address } from '../own-addresses.ts';
import type { ConfigEntry } from './config-tree.ts';
import { kindOf, type Target } from './find-targets.ts';
import type { Report } from './report.ts';
import { typeOf, type PipelineOf } from './topology.ts';
import type { Way } from './way.ts';

/** An exporter adds the path itself, for each signal. */
export function checkPath({ entry, kind }: Target, report: Report): void {
  const endpoint = entry.get('endpoint');
  const isLong = /\/v1\/(?:traces|logs|metrics)\/*$/.test(String(endpoint?.value));
  if (kind === 'http' && isLong) report('path-of-a-signal', endpoint ?? entry);
}

/**
 * Whether an exporter sends to a receiver from which the same signal comes to it. A receiver that only leads elsewhere
 * is a chain, as a gateway is, and no circle.
 */
export function checkCircles({ root, topology }: Way, report: Report): void {
  const listening = listenersOf(root);
  // Of an address it is asked once, however many send to it.
  const around = new Map<string, ReadonlySet<PipelineOf>>();
  const comingFrom = (
    address: Address,
    kind: Protocol,
    signal: string,
  ): ReadonlySet<PipelineOf> => {
    const key = JSON.stringify([kind, address.host, address.port, signal]);
    const known = around.get(key);
    if (known !== undefined) return known;
    const own = listening.get(`${kind} ${address.port}`) ?? [];
    const first = own
      .filter(({ host }) => comesTo(address.host, host))
      .flatMap(({ id }) => topology.reading(id).filter((pipeline) => pipeline.signal === signal));
    const found = first.length === 0 ? new Set<PipelineOf>() : topology.downstream(first);
    around.set(key, found);
    return found;
  };
  for (const exporter of root.get('exporters')?.entries() ?? []) {
    const kind = kindOf(exporter.name);
    const endpoint = exporter.get('endpoint');
    const address = typeof endpoint?.value === 'string' ? addressIn(endpoint.value) : undefined;
    if ((kind !== 'http' && kind !== 'grpc') || endpoint === undefined || !address) continue;
    const isOwn = topology
      .feeding(exporter.name)
      .some((last) => comingFrom(address, kind, last.signal).has(last));
    if (isOwn) report('sends-to-itself', endpoint);
  }
}

type Protocol = 'http' | 'grpc';

interface Listener {
  readonly id: string;
  readonly host: string;
}

/** What listens, by protocol and port. */
function listenersOf(root: ConfigEntry): ReadonlyMap<string, readonly Listener[]> {
  const found = new Map<string, Listener[]>();
  for (const { name: id } of root.get('receivers')?.entries() ?? [])
    for (const protocol of ['http', 'grpc'] as const) {
      const address = listeningAt(root, id, protocol);
      if (address === undefined) continue;
      const key = `${protocol} ${address.port}`;
      const others = found.get(key);
      if (others === undefined) found.set(key, [{ id, host: address.host }]);
      else others.push({ id, host: address.host });
    }
  return found;
}

/** Where nothing is said. */
const DEFAULTS = { http: 'localhost:4318', grpc: 'localhost:4317' } as const;

function listeningAt(root: ConfigEntry, receiver: string, protocol: Protocol): Address | undefined {
  if (typeOf(receiver) !== 'otlp') return undefined;
  const settings = root.get('receivers', receiver, 'protocols', protocol);
  if (settings === undefined) return undefined;
  const endpoint = settings.get('endpoint');
  if (endpoint === undefined) return addressIn(DEFAULTS[protocol]);
  return typeof endpoint.value === 'string' ? addressIn(endpoint.value) : undefined;
}

/** An address with or without `http://`; `:4318` is of all addresses. */
function addressIn(text: string): Address | undefined {
  return addressOf(
    /^https?:\/\//.test(text) ? text : `http://${text.replace(/^:(?=\d)/, '0.0.0.0:')}`,
  );
}
