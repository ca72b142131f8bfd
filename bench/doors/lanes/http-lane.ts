/** HTTP/1.1 on a socket, with as little work as the protocol allows: so that it costs less than the door. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Lane, LaneCall, LaneTarget } from './lane.ts';

/** Opens a connection that is kept. */
export async function openHttpLane(target: LaneTarget): Promise<Lane> {
  const socket = connect(target.port, '127.0.0.1');
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return new HttpLane(socket, target);
}

class HttpLane implements Lane {
  readonly #socket: Socket;
  readonly #target: LaneTarget;
  readonly #plain: Buffer;
  #received: Buffer = Buffer.alloc(0);
  #waiting: { resolve(outcome: string): void; reject(error: Error): void } | undefined;

  constructor(socket: Socket, target: LaneTarget) {
    this.#socket = socket;
    this.#target = target;
    this.#plain = requestOf(target, {});
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => this.#waiting?.reject(error));
    socket.on('close', () => this.#waiting?.reject(new Error('the door closed the connection')));
  }

  call(call: LaneCall): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      const isPlain = call.body === undefined && call.headers === undefined;
      this.#socket.write(isPlain ? this.#plain : requestOf(this.#target, call));
    });
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    const received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headEnd = received.indexOf('\r\n\r\n');
    const length = headEnd < 0 ? undefined : bodyLength(received.toString('latin1', 0, headEnd));
    if (length === undefined || received.length < headEnd + 4 + length) {
      this.#received = received;
      return;
    }
    this.#received = Buffer.alloc(0);
    const status = received.toString('latin1', 9, 12);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(status === '200' ? 'ok' : status);
  }
}

function bodyLength(head: string): number {
  return Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
}

function requestOf({ path, port, headers }: LaneTarget, call: LaneCall): Buffer {
  const { body } = call;
  const sent = { host: `127.0.0.1:${port}`, ...headers, ...call.headers };
  const lines = Object.entries(sent).map(([name, value]) => `${name}: ${value}\r\n`);
  if (body) lines.push(`content-type: application/json\r\ncontent-length: ${body.byteLength}\r\n`);
  const head = Buffer.from(`${body ? 'POST' : 'GET'} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
  return body ? Buffer.concat([head, body]) : head;
}
