/** Thread that writes two times into a lease cell in turn, as fast as it can. */
import { parentPort, workerData } from 'node:worker_threads';
import { LeaseCell } from '../../../cluster/membership/lease-cell.ts';

const { buffer, early, late } = workerData as { buffer: SharedArrayBuffer; early: number; late: number };
const cell = new LeaseCell(buffer);
for (let n = 0; n < 6_000_000; n++) cell.write('held', n % 2 === 0 ? late : early);
parentPort!.postMessage('done');
