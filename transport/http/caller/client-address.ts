/** Address of the caller: the socket's own, or what a trusted proxy says of it; never a caller's word. */
import { BlockList, isIP } from 'node:net';
import { isLoopback } from '../../../config/network.ts';
import { WitanError } from '../../../contracts/errors.ts';

/** What is known of where a request came from. */
export interface AddressedRequest {
  /** Peer of the socket. */
  readonly peer: string | undefined;
  /** `X-Forwarded-For`, joined. */
  readonly forwardedFor: string | undefined;
  /** Whether any header says that the request was forwarded. */
  readonly isForwarded: boolean;
}

/**
 * Address that limits and identity go by; undefined where nobody trustworthy names one.
 *
 * Behind a trusted proxy the rightmost address that is no trusted proxy counts: what stands left of it was
 * written by the caller. A forwarded loopback address never counts as this machine's own user, and a trusted
 * proxy that names nobody vouches for nobody. Without trusted proxies a forwarded request from loopback has
 * no address, because behind a proxy on this machine the socket is loopback for everyone.
 */
export type ClientAddress = (request: AddressedRequest) => string | undefined;

/** Reads the list of trusted proxies. @throws config_invalid for what is no address and no CIDR range */
export function clientAddress(trustedProxies: readonly string[]): ClientAddress {
  if (trustedProxies.length === 0) return untrusting;
  const isTrusted = trustedIn(trustedProxies);
  return (request) => {
    const peer = plainAddress(request.peer);
    if (peer === undefined || !isTrusted(peer)) return untrusting(request);
    const hops = (request.forwardedFor ?? '').split(',').map((hop) => plainAddress(hop.trim()));
    for (const hop of hops.reverse()) {
      if (hop === undefined) return undefined;
      if (!isTrusted(hop)) return isLoopback(hop) ? undefined : hop;
    }
    return undefined;
  };
}

/** Whether an address is in a list of addresses and ranges. @throws config_invalid as {@link clientAddress} */
export function trustedIn(ranges: readonly string[]): (address: string) => boolean {
  if (ranges.length === 0) return () => false;
  const list = blockListOf(ranges);
  return (text) => {
    const address = plainAddress(text);
    return address !== undefined && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  };
}

function untrusting({ peer, isForwarded }: AddressedRequest): string | undefined {
  return isForwarded && isLoopback(peer) ? undefined : peer;
}

/** IPv4 inside IPv6 as IPv4, without zone and port; undefined for what is no address. */
function plainAddress(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const bare = /^\[(.+)\](?::\d{1,5})?$/.exec(text)?.[1] ?? text.replace(/^(\d+(?:\.\d+){3}):\d{1,5}$/, '$1');
  const address = bare.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
  return isIP(address) === 0 ? undefined : address;
}

function blockListOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const version = isIP(address);
    const prefix = bits === undefined ? (version === 6 ? 128 : 32) : Number(bits);
    const isRange =
      version !== 0 && Number.isInteger(prefix) && prefix >= 0 && prefix <= (version === 6 ? 128 : 32);
    if (!isRange) {
      throw new WitanError('config_invalid', `not a range of addresses: ${range}`, {
        path: 'http.trustedProxies',
        expected: 'addresses or CIDR ranges (10.0.0.0/8, 2001:db8::/32)',
      });
    }
    list.addSubnet(address, prefix, version === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}
