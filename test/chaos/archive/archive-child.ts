/** The process that is ended while it archives: SIGKILL at the step that its arguments name. */
import { ENTRIES_EACH, openChaosArchive } from './chaos-archive.ts';

const [folder, name, nth] = process.argv.slice(2);
let left = Number(nth);
let isArmed = false;
const archive = await openChaosArchive(folder!, (step) => {
  if (!isArmed || step !== name) return undefined;
  left -= 1;
  if (left > 0) return undefined;
  process.kill(process.pid, 'SIGKILL');
  return new Promise<never>(() => {});
});
// Tails first, so that the batch has some to remove.
await archive.append(ENTRIES_EACH);
await archive.writer.write('tail');
await archive.append(ENTRIES_EACH);
await archive.writer.write('tail');
isArmed = true;
await archive.writer.write('batch');
await archive.close();
