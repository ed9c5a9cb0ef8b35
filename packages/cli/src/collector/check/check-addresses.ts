import { addressOf, comesTo, type Address } from '../own-addresses.ts';
import type { ConfigEntry } from './config-tree.ts';
import { kindOf, type Target } from './find-targets.ts';
import type { Report } from './report.ts';
import { typeOf } from './topology.ts';
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
  for (const exporter of root.get('exporters')?.entries() ?? []) {
    const kind = kindOf(exporter.name);
    const endpoint = exporter.get('endpoint');
    const address = typeof endpoint?.value === 'string' ? addressIn(endpoint.value) : undefined;
    if ((kind !== 'http' && kind !== 'grpc') || endpoint === undefined || !address) continue;
    const receivers = topology.feeding(exporter.name).flatMap((last) =>
      topology
        .upstream(last)
        .filter(({ signal }) => signal === last.signal)
        .flatMap((pipeline) => pipeline.receivers),
    );
    const isOwn = receivers.some(({ id }) => {
      const own = listeningAt(root, id, kind);
      return own !== undefined && own.port === address.port && comesTo(address.host, own.host);
    });
    if (isOwn) report('sends-to-itself', endpoint);
  }
}

/** Where nothing is said. */
const DEFAULTS = { http: 'localhost:4318', grpc: 'localhost:4317' } as const;

function listeningAt(
  root: ConfigEntry,
  receiver: string,
  protocol: 'http' | 'grpc',
): Address | undefined {
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
