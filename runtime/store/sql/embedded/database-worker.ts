/** Entry of the worker thread: one embedded database that is spoken to in the PostgreSQL wire protocol. */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import type { DatabaseWorkerData, FromDatabaseWorker, ToDatabaseWorker } from './worker-messages.ts';

const port = parentPort!;
const { folder } = workerData as DatabaseWorkerData;
const say = (message: FromDatabaseWorker, moved: ArrayBuffer[] = []): void =>
  port.postMessage(message, moved);

const [first] = (await once(port, 'message')) as [ToDatabaseWorker & { readonly type: 'code' }];
const { pglite: pgliteWasmModule, initdb: initdbWasmModule } = first.code;
const database = await PGlite.create({ dataDir: folder ?? 'memory://', pgliteWasmModule, initdbWasmModule });

// Messages are handled one after the other: the database has one session.
let turn = Promise.resolve();
port.on('message', (message: Exclude<ToDatabaseWorker, { readonly type: 'code' }>) => {
  turn = turn.then(() => handle(message));
});
say({ type: 'ready' });

/** A failure here is a defect of the database: it ends the thread, and whoever waits is told so. */
async function handle(message: Exclude<ToDatabaseWorker, { readonly type: 'code' }>): Promise<void> {
  if (message.type === 'wire') {
    const answer = await database.execProtocolRaw(message.bytes, { syncToFs: false });
    // Copied, because the answer may be a view into the database's own memory.
    const bytes = new Uint8Array(answer);
    say({ type: 'answer', request: message.request, bytes }, [bytes.buffer]);
  } else if (message.type === 'client-gone') {
    await database.exec('ROLLBACK');
    await database.exec('DISCARD ALL');
  } else {
    await database.close();
    say({ type: 'closed' });
    port.close();
  }
}
