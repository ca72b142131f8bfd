/** NATS on a socket: requests with prepared bytes, answers told apart by their reply subject. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { NATS_HEADERS } from '../../../contracts/nats-headers.ts';
import type { Lane, LaneCall, LaneTarget } from './lane.ts';

const CRLF = '\r\n';
/** Our headers as this wire names them. */
const HEADER_NAMES: Readonly<Record<string, string>> = {
  'x-api-key': NATS_HEADERS.apiKey,
  authorization: NATS_HEADERS.authorization,
};

/** Opens `count` lanes on one connection, as one client would. */
export async function openNatsLanes(target: LaneTarget, count: number): Promise<Lane[]> {
  const socket = connect(target.port, '127.0.0.1');
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  const link = new NatsSocket(socket);
  return Array.from({ length: count }, (_, at) => link.lane(target, at));
}

class NatsSocket {
  readonly #socket: Socket;
  readonly #inbox = `_INBOX.load${process.pid}`;
  readonly #waiting = new Map<string, (outcome: string) => void>();
  #received: Buffer = Buffer.alloc(0);
  #isGathering = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    const hello = '{"verbose":false,"headers":true,"no_responders":true,"lang":"load","version":"1"}';
    socket.write(`CONNECT ${hello}${CRLF}SUB ${this.#inbox}.* 1${CRLF}`);
  }

  lane(target: LaneTarget, at: number): Lane {
    const replyTo = `${this.#inbox}.${at}`;
    const plain = this.#message(target, replyTo, {});
    return {
      call: (call) =>
        new Promise((resolve) => {
          this.#waiting.set(replyTo, resolve);
          const isPlain = call.body === undefined && call.headers === undefined;
          this.#gather();
          this.#socket.write(isPlain ? plain : this.#message(target, replyTo, call));
        }),
      close: () => void this.#socket.destroy(),
    };
  }

  /** What the lanes send in one turn of the loop goes out as one write, as every client of NATS does it. */
  #gather(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    this.#socket.cork();
    setImmediate(() => {
      this.#isGathering = false;
      this.#socket.uncork();
    });
  }

  #message({ path, headers }: LaneTarget, replyTo: string, call: LaneCall): Buffer {
    const sent = Object.entries({ ...headers, ...call.headers });
    const lines = sent.map(([name, value]) => `${HEADER_NAMES[name] ?? name}: ${value}${CRLF}`);
    const block = Buffer.from(`NATS/1.0${CRLF}${lines.join('')}${CRLF}`);
    const body = call.body ?? Buffer.alloc(0);
    const head = `HPUB ${path} ${replyTo} ${block.length} ${block.length + body.byteLength}${CRLF}`;
    return Buffer.concat([Buffer.from(head), block, body, Buffer.from(CRLF)]);
  }

  #take(chunk: Buffer): void {
    let received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    for (;;) {
      const end = received.indexOf(CRLF);
      if (end < 0) break;
      const fields = received.toString('latin1', 0, end).split(' ');
      const verb = fields[0]!;
      const isMessage = verb === 'MSG' || verb === 'HMSG';
      const length = isMessage ? Number(fields.at(-1)) + 2 : 0;
      if (received.length < end + 2 + length) break;
      if (verb === 'PING') this.#socket.write(`PONG${CRLF}`);
      if (isMessage) {
        const headerLength = verb === 'HMSG' ? Number(fields.at(-2)) : 0;
        this.#answer(fields[1]!, received.toString('latin1', end + 2, end + 2 + headerLength));
      }
      received = received.subarray(end + 2 + length);
    }
    this.#received = received;
  }

  #answer(subject: string, headers: string): void {
    const waiting = this.#waiting.get(subject);
    this.#waiting.delete(subject);
    const error =
      /Nats-Service-Error-Code: (\d+)/i.exec(headers)?.[1] ?? /^NATS\/1\.0 (\d+)/.exec(headers)?.[1];
    waiting?.(error ?? 'ok');
  }
}
