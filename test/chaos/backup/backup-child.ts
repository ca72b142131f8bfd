/** The process that is ended while it backs up: SIGKILL at the step that its arguments name. */
import { openChaosBackup } from './chaos-backup.ts';

const DAY_MS = 86_400_000;
const [folder, name, nth] = process.argv.slice(2);
let left = Number(nth);
let isArmed = false;
const backup = await openChaosBackup(folder!, (step) => {
  if (!isArmed || step !== name) return undefined;
  left -= 1;
  if (left > 0) return undefined;
  process.kill(process.pid, 'SIGKILL');
  return new Promise<never>(() => {});
});
// A batch, then tails; a day later they become a batch, and points are let go.
for (const [at, text] of ['one', 'two', 'three'].entries()) {
  await backup.change(text);
  await backup.write(1_000 * at);
}
await backup.change('four');
isArmed = true;
await backup.write(DAY_MS + 10_000);
await backup.close();
