/** Viewers that hardly read, in a process of their own: each takes one chunk every two seconds. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** What the bench asks for. */
export interface ViewerJob {
  readonly port: number;
  readonly count: number;
  readonly apiKey: string;
}

/** What comes back: viewers that are subscribed, or are left when the job is ended. */
export interface ViewerSays {
  readonly openCount: number;
}

const TAKE_MS = 2_000;
/** Connections that are opened at once. */
const OPENING_COUNT = 20;
let viewers: Socket[] = [];
/** Of `viewers`, those that the door has not cut off. */
const openCount = (): number => viewers.filter(({ destroyed }) => !destroyed).length;

process.on('message', (job: ViewerJob | 'end') => {
  if (job === 'end') {
    process.send!({ openCount: openCount() } satisfies ViewerSays);
    for (const viewer of viewers) viewer.destroy();
    viewers = [];
    return;
  }
  void open(job).then(() => process.send!({ openCount: openCount() } satisfies ViewerSays));
});
setInterval(() => {
  for (const viewer of viewers) viewer.once('data', () => viewer.pause()).resume();
}, TAKE_MS);

async function open(job: ViewerJob): Promise<void> {
  for (let left = job.count; left > 0; left -= OPENING_COUNT) {
    const opened = Array.from({ length: Math.min(left, OPENING_COUNT) }, () => slowViewer(job));
    viewers.push(...(await Promise.all(opened)));
  }
}

/** A WebSocket by hand; it subscribes to all decisions of its tenant. @source RFC 6455 §4.1, §5.2 */
function slowViewer({ port, apiKey }: ViewerJob): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(
        `GET /api/v1/live HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nx-api-key: ${apiKey}\r\n` +
          'connection: Upgrade\r\nupgrade: websocket\r\n' +
          'sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
      );
    });
    socket.once('error', reject);
    socket.once('data', (answer: Buffer) => {
      socket.pause();
      if (!answer.toString('latin1', 0, 12).endsWith('101'))
        return reject(new Error(answer.toString('latin1', 0, 400)));
      socket.on('error', () => undefined);
      const subscribe = Buffer.from('{"type":"subscribe"}');
      socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | subscribe.length, 0, 0, 0, 0]), subscribe]));
      resolve(socket);
    });
  });
}
