import { lookup } from 'node:dns';
import { BlockList, isIP, isIPv4, type LookupFunction } from 'node:net';

/** Everything that is not a public unicast address: IANA's special-purpose registries, and multicast. */
const IPV4_SPECIAL: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
const IPV6_SPECIAL: readonly (readonly [string, number])[] = [
  ['::', 96], // unspecified, loopback, IPv4-compatible
  ['::ffff:0:0', 96], // IPv4-mapped
  ['64:ff9b::', 96], // NAT64 may lead inside
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23], // Teredo and other protocol assignments
  ['2001:db8::', 32],
  ['2002::', 16], // 6to4 may lead inside
  ['3fff::', 20],
  ['fc00::', 7],
  ['fe80::', 9],
  ['ff00::', 8],
];

function blockList(ranges: readonly (readonly [string, number])[], family: 'ipv4' | 'ipv6') {
  const list = new BlockList();
  for (const [address, prefix] of ranges) list.addSubnet(address, prefix, family);
  return list;
}
/** This machine, in every spelling: also the unspecified address, which connects here. */
const LOOPBACK4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
];
const LOOPBACK6: readonly (readonly [string, number])[] = [
  ['::', 127],
  ['::ffff:0.0.0.0', 104],
  ['::ffff:127.0.0.0', 104],
];
const loopback4 = blockList(LOOPBACK4, 'ipv4');
const loopback6 = blockList(LOOPBACK6, 'ipv6');
const special4 = blockList(IPV4_SPECIAL, 'ipv4');
const special6 = blockList(IPV6_SPECIAL, 'ipv6');

/** Whether an address (text, no brackets) is public: not loopback, private, link-local, reserved or multicast. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !special4.check(address, 'ipv4');
  return isIP(address) === 6 && !special6.check(address, 'ipv6');
}

function isLoopbackAddress(address: string): boolean {
  if (isIPv4(address)) return loopback4.check(address, 'ipv4');
  return isIP(address) === 6 && loopback6.check(address, 'ipv6');
}

/** The host of a URL as an address or name, without the brackets of IPv6. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/**
 * Why a connection to this address is refused, or `undefined`. Private addresses need `allowPrivate`; loopback needs
 * besides that the URL itself says so, so that no public name can be made to point at this machine's own services.
 */
export function addressProblem(
  address: string,
  host: string,
  allowPrivate: boolean,
): string | undefined {
  if (isPublicAddress(address)) return undefined;
  if (!allowPrivate) {
    return `${host} is at ${address}, which is not a public address; set allowPrivate if that is meant`;
  }
  if (isLoopbackAddress(address) && !isLoopbackAddress(host) && host !== 'localhost') {
    return `${host} points at this machine (${address}); write the loopback address in the URL if that is meant`;
  }
  return undefined;
}

/**
 * A `lookup` for `http.request` that hands on only addresses that may be connected to. The connection uses exactly what was
 * checked, so a name that changes between check and use gains nothing.
 */
export function guardedLookup(allowPrivate: boolean): LookupFunction {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, '', 0);
        return;
      }
      const problems = addresses.map(({ address }) => addressProblem(address, host, allowPrivate));
      const refused = problems.find((problem) => problem !== undefined);
      const [first] = addresses;
      if (refused !== undefined || first === undefined) {
        callback(new BlockedAddressError(refused ?? `${host} has no address`), '', 0);
      } else if (options.all === true) {
        callback(null, addresses);
      } else {
        callback(null, first.address, first.family);
      }
    });
  };
}

/** Internal: tells a refused address from a network failure. */
export class BlockedAddressError extends Error {
  override readonly name = 'BlockedAddressError';
}
