/** A TCP proxy on loopback that cuts, stalls, delays and resets what goes through it, in each direction. */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** `up`: from the client to the server; `down`: back. */
export type ProxyDirection = 'up' | 'down';

/** A running proxy. */
export interface LoopbackProxy {
  readonly port: number;
  /** `nats://` at its port. */
  readonly url: string;
  /** Connections that go through it now. */
  readonly connectionCount: number;
  /** Bytes that came out of it in a direction since its start. */
  passedBytes(direction: ProxyDirection): number;
  /** Where new connections go. */
  target(port: number): void;
  /** Ends all connections and takes no new ones until `heal`. */
  cut(): void;
  /** Ends all connections with a reset; new ones are taken. */
  reset(): void;
  /** Keeps connections and lets nothing through; both directions unless one is named. */
  stall(direction?: ProxyDirection): void;
  /** Lets through what comes from now on `ms` later; both directions unless one is named. */
  delay(ms: number, direction?: ProxyDirection): void;
  /** Undoes cut, stall and delay; what was held goes through. */
  heal(): void;
  /** Ends it with all its connections. Idempotent. */
  end(): Promise<void>;
}

interface Terms {
  isStalled: boolean;
  delayMs: number;
  passedBytes: number;
}

// A lane holds at most about this much; past it the sender feels that nothing is taken.
const HELD_MAX_BYTES = 1_048_576;

/** Starts a proxy to `targetPort` of loopback. */
export async function startProxy(targetPort = 0): Promise<LoopbackProxy> {
  const proxy = new TcpProxy(targetPort);
  await proxy.listen();
  return proxy;
}

class TcpProxy implements LoopbackProxy {
  readonly #server: Server;
  readonly #pairs = new Set<{ client: Socket; server: Socket; lanes: Lane[] }>();
  readonly #terms: Record<ProxyDirection, Terms> = { up: freshTerms(), down: freshTerms() };
  #targetPort: number;
  #isCut = false;

  constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#take(client));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  get connectionCount(): number {
    return this.#pairs.size;
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', resolve);
    });
  }

  passedBytes(direction: ProxyDirection): number {
    return this.#terms[direction].passedBytes;
  }

  target(port: number): void {
    this.#targetPort = port;
  }

  cut(): void {
    this.#isCut = true;
    for (const { client, server } of this.#pairs) {
      client.destroy();
      server.destroy();
    }
  }

  reset(): void {
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  }

  stall(direction?: ProxyDirection): void {
    for (const terms of this.#termsOf(direction)) terms.isStalled = true;
  }

  delay(ms: number, direction?: ProxyDirection): void {
    for (const terms of this.#termsOf(direction)) terms.delayMs = ms;
  }

  heal(): void {
    this.#isCut = false;
    for (const terms of this.#termsOf(undefined)) {
      terms.isStalled = false;
      terms.delayMs = 0;
    }
    for (const { lanes } of this.#pairs) for (const lane of lanes) lane.drain();
  }

  async end(): Promise<void> {
    this.cut();
    if (this.#server.listening) await new Promise((done) => this.#server.close(done));
  }

  #termsOf(direction: ProxyDirection | undefined): Terms[] {
    return direction ? [this.#terms[direction]] : [this.#terms.up, this.#terms.down];
  }

  #take(client: Socket): void {
    if (this.#isCut) return void client.resetAndDestroy();
    const server = connect({ port: this.#targetPort, host: '127.0.0.1', allowHalfOpen: true });
    client.setNoDelay(true);
    server.setNoDelay(true);
    const lanes = [new Lane(client, server, this.#terms.up), new Lane(server, client, this.#terms.down)];
    const pair = { client, server, lanes };
    this.#pairs.add(pair);
    const gone = (): void => {
      this.#pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      socket.on('error', gone);
      socket.on('close', gone);
    }
  }
}

/** One direction of one connection. */
class Lane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #terms: Terms;
  /** `data` undefined: the sender ended. */
  readonly #held: { readonly data: Buffer | undefined; readonly dueMs: number }[] = [];
  #heldBytes = 0;
  #isBlocked = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, terms: Terms) {
    this.#from = from;
    this.#to = to;
    this.#terms = terms;
    from.on('data', (data: Buffer) => this.#hold(data));
    from.on('end', () => this.#hold(undefined));
    from.on('close', () => clearTimeout(this.#timer));
    to.on('drain', () => {
      this.#isBlocked = false;
      this.drain();
    });
  }

  drain(): void {
    clearTimeout(this.#timer);
    while (this.#held.length > 0 && !this.#terms.isStalled && !this.#isBlocked && !this.#to.destroyed) {
      const { data, dueMs } = this.#held[0]!;
      const waitMs = this.#terms.delayMs > 0 ? dueMs - performance.now() : 0;
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.drain(), waitMs);
        return;
      }
      this.#held.shift();
      if (data === undefined) return void this.#to.end();
      this.#heldBytes -= data.byteLength;
      this.#terms.passedBytes += data.byteLength;
      this.#isBlocked = !this.#to.write(data);
    }
    if (this.#heldBytes < HELD_MAX_BYTES) this.#from.resume();
  }

  #hold(data: Buffer | undefined): void {
    this.#held.push({ data, dueMs: performance.now() + this.#terms.delayMs });
    this.#heldBytes += data?.byteLength ?? 0;
    if (this.#heldBytes >= HELD_MAX_BYTES) this.#from.pause();
    this.drain();
  }
}

function freshTerms(): Terms {
  return { isStalled: false, delayMs: 0, passedBytes: 0 };
}
