/** Addresses and networks as settings name them: `10.0.0.0/8`, `2001:db8::/32`, one address alone. */
import { isIP } from 'node:net';

/** An address or the start of a network: 16 bytes, IPv4 as `::ffff:a.b.c.d`. */
export type AddressBytes = Uint8Array;

/** A range of addresses. */
export interface Network {
  readonly start: AddressBytes;
  /** Leading bits that must agree, 0 to 128. */
  readonly bitCount: number;
}

/** Bytes of an address as a socket gives it, zone dropped; undefined for anything else. */
export function parseAddress(text: string): AddressBytes | undefined {
  const plain = text.split('%', 1)[0]!;
  const family = isIP(plain);
  if (family === 4) return mapped(plain);
  if (family !== 6) return undefined;
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(plain);
  const groups = dotted ? dotted[1]! + groupsOf(dotted[2]!) : plain;
  const [head = '', tail] = groups.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const whole = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  const bytes = new Uint8Array(16);
  whole.forEach((group, at) => {
    const value = Number.parseInt(group, 16);
    bytes[at * 2] = value >> 8;
    bytes[at * 2 + 1] = value & 255;
  });
  return bytes;
}

/** Network of `address/bits` or of one address; undefined for anything else. */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', bits, more] = text.split('/');
  const start = more === undefined ? parseAddress(address) : undefined;
  if (!start) return undefined;
  const isV4 = isIP(address.split('%', 1)[0]!) === 4;
  const most = isV4 ? 32 : 128;
  if (bits === undefined) return { start, bitCount: 128 };
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > most) return undefined;
  return { start, bitCount: Number(bits) + (isV4 ? 96 : 0) };
}

/** Whether an address lies in a network. */
export function isWithin(address: AddressBytes, { start, bitCount }: Network): boolean {
  const whole = bitCount >> 3;
  for (let at = 0; at < whole; at += 1) if (address[at] !== start[at]) return false;
  const rest = bitCount & 7;
  return rest === 0 || (address[whole]! ^ start[whole]!) >> (8 - rest) === 0;
}

/**
 * Whether a socket's peer address is this machine: 127.0.0.0/8, ::1, or the first mapped into IPv6, each as
 * sockets write them.
 */
export function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false;
  if (address === '127.0.0.1' || address === '::1') return true;
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
  return plain.startsWith('127.') && isIP(plain) === 4;
}

/**
 * The network that an address is counted and recorded by, without the part that names one machine.
 * @param bits leading bits that stay: of an IPv4 and of an IPv6 address
 */
export function networkOf(address: string, bits: { readonly v4: number; readonly v6: number }): string {
  const bytes = parseAddress(address);
  if (!bytes) return 'unknown';
  const isV4 = isWithin(bytes, MAPPED);
  const kept = isV4 ? bits.v4 + 96 : bits.v6;
  const start = bytes.map((byte, at) => byte & (0xff00 >> Math.min(8, Math.max(0, kept - at * 8))) & 255);
  if (isV4) return `${start.subarray(12).join('.')}/${bits.v4}`;
  const groups = Array.from({ length: 8 }, (_, at) =>
    ((start[at * 2]! << 8) | start[at * 2 + 1]!).toString(16),
  );
  return `${groups.join(':')}/${bits.v6}`;
}

function mapped(dotted: string): AddressBytes {
  const bytes = new Uint8Array(16);
  bytes.fill(255, 10, 12);
  bytes.set(dotted.split('.').map(Number), 12);
  return bytes;
}

function groupsOf(dotted: string): string {
  const [a, b, c, d] = dotted.split('.').map(Number) as [number, number, number, number];
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

const MAPPED: Network = { start: mapped('0.0.0.0'), bitCount: 96 };
