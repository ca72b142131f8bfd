/** The process that is ended: appends, seals, and says on its output what was acknowledged to it. */
import { writeSync } from 'node:fs';
import { SystemClock } from '../../../runtime/kernel/index.ts';
import { MemoryKeys } from '../../../runtime/store/keys/memory-keys.ts';
import { openSegmentLedger } from '../../../runtime/store/segment/segment-ledger.ts';
import { CHAOS_LOG } from './chaos-log.ts';
import { LOG_FAULT_POINTS } from './fault-points.ts';
import { killingFileSystem } from './killing-file-system.ts';

const [folder, name] = process.argv.slice(2);
const point = LOG_FAULT_POINTS.find((one) => one.name === name)!;
const { fs, arm } = killingFileSystem(point);
const clock = new SystemClock();
const keys = new MemoryKeys({ clock, seed: CHAOS_LOG.seed });
const ledger = await openSegmentLedger({ ...CHAOS_LOG.options, folder: folder!, clock, keys, fs });
arm();

/** Written at once: what a buffer holds when the process ends was never said. */
const say = (...words: (string | number)[]): void => void writeSync(1, `${words.join(' ')}\n`);

async function producer(number: number): Promise<void> {
  for (let turn = 0; turn < CHAOS_LOG.turns; turn += 1) {
    const payload = { producer: number, turn, text: 'x'.repeat(CHAOS_LOG.textLength) };
    const { index, leafHash } = await ledger.append({ kind: 'event', tenant: 'chaos', payload });
    say('acknowledged', index, leafHash);
    if (turn % 8 !== 0) continue;
    const { size, root } = await ledger.checkpoint();
    say('signed', size, root);
  }
}

await Promise.all(Array.from({ length: CHAOS_LOG.producers }, (_, number) => producer(number)));
await ledger.close();
say('survived');
