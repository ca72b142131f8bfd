/** The lease cell between two threads. */
import { Worker } from 'node:worker_threads';
import { LeaseCell } from '../../cluster/membership/lease-cell.ts';
import { assert, suite } from '../harness.ts';
import { SOURCE_FLAGS } from '../source-flags.ts';

const test = suite('leases: cell', { limitMs: 60_000 });

test('a reader beside a writing thread never sees half of a time', async () => {
  const cell = new LeaseCell();
  // Two times that differ in both halves: a mixture of them would be later than either.
  const early = 2 ** 30 - 1;
  const late = 2 ** 30;
  cell.write('held', early);
  const workerData = { buffer: cell.buffer, early, late };
  const writer = new URL('./leases/cell-writer.ts', import.meta.url);
  const worker = new Worker(writer, { workerData, execArgv: [...SOURCE_FLAGS] });
  let isDone = false;
  const done = new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve());
    worker.once('error', reject);
  }).finally(() => (isDone = true));
  let reads = 0;
  let torn = 0;
  while (!isDone) {
    for (let n = 0; n < 20_000; n++) torn += cell.isHeldAt(late) ? 1 : 0;
    reads += 20_000;
    await new Promise<void>((next) => setImmediate(next));
  }
  await done;
  await worker.terminate();
  assert.is(torn, 0);
  assert.ok(reads > 20_000);
});
