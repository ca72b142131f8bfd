/** Connections that one address holds open at a door, before a byte of any request is read. */
import type { Server, Socket } from 'node:net';
import { isLoopback, networkOf } from '../../../config/network.ts';
import { WitanError } from '../../../contracts/errors.ts';
import { rawErrorAnswer } from '../client-error.ts';
import { trustedIn } from './client-address.ts';

/** How connections are limited. */
export interface ConnectionLimitOptions {
  readonly addressMaxCount: number;
  /** Whether this machine's own addresses are limited like others. */
  readonly limitLoopback: boolean;
  /** Told of an address (IPv6: its /64) at its limit, once until it holds no connection any more. */
  onRefused?(address: string): void;
}

/** What every server of one door shares. */
export interface ConnectionLimitParts extends ConnectionLimitOptions {
  /** Proxies speak for many: they are not limited. */
  readonly trustedProxies: readonly string[];
  readonly fixedHeaders: readonly string[];
  /** A refusal cannot be told before the handshake: the connection is cut. */
  readonly isSecure: boolean;
}

const ADDRESS_BITS = { v4: 32, v6: 64 };
const RETRY_MS = 5_000;

/** Counts the connections of all servers that it is put before. O(1). */
export class ConnectionLimit {
  readonly #parts: ConnectionLimitParts;
  readonly #isTrusted: (address: string) => boolean;
  readonly #counts = new Map<string, number>();
  readonly #told = new Set<string>();

  constructor(parts: ConnectionLimitParts) {
    this.#parts = parts;
    this.#isTrusted = trustedIn(parts.trustedProxies);
  }

  /** Networks that hold a connection. */
  get size(): number {
    return this.#counts.size;
  }

  /** Watches the connections of a server. */
  guard(server: Server): void {
    server.on('connection', (socket: Socket) => this.#take(socket));
  }

  #take(socket: Socket): void {
    const { remoteAddress } = socket;
    if (remoteAddress === undefined || !this.#isLimited(remoteAddress)) return;
    const network = networkOf(remoteAddress, ADDRESS_BITS);
    const count = this.#counts.get(network) ?? 0;
    if (count >= this.#parts.addressMaxCount) return this.#refuse(socket, { network, remoteAddress });
    this.#counts.set(network, count + 1);
    socket.once('close', () => this.#leave(network));
  }

  #leave(network: string): void {
    const left = this.#counts.get(network)! - 1;
    if (left > 0) return void this.#counts.set(network, left);
    this.#counts.delete(network);
    this.#told.delete(network);
  }

  #refuse(
    socket: Socket,
    { network, remoteAddress }: { readonly network: string; readonly remoteAddress: string },
  ): void {
    const { addressMaxCount: limit, isSecure, fixedHeaders, onRefused } = this.#parts;
    if (!this.#told.has(network)) {
      this.#told.add(network);
      onRefused?.(remoteAddress);
    }
    if (isSecure) return void socket.destroy();
    const details = { retryAfterMs: RETRY_MS, limit, holder: 'address' };
    const error = new WitanError('rate_limited', 'this address holds too many connections open', details);
    socket.on('error', () => undefined);
    socket.end(rawErrorAnswer(error, fixedHeaders), () => socket.destroy());
  }

  #isLimited(address: string): boolean {
    if (this.#isTrusted(address)) return false;
    return this.#parts.limitLoopback || !isLoopback(address);
  }
}
