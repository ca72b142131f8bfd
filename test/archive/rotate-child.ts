/**
 * Rotates the key of an archive and is killed by SIGKILL at a named step: run by its test.
 *
 *     node --import tsx rotate-child.ts FOLDER STEP
 */
import { writeSync } from 'node:fs';
import { rotateArchiveKey } from '../../runtime/store/archive/archive-key.ts';

const [, , folder = '', step = ''] = process.argv;
const { keyId } = rotateArchiveKey(folder, 'a long passphrase', (name) => {
  if (name === step) process.kill(process.pid, 'SIGKILL');
});
writeSync(1, keyId);
