/** The floor of a durable log: the same bytes, written and synced in groups to a file that is already there. */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';

const FILE_BYTES = 67_108_864;

/** Records a second that one thread writes with nothing but `pwrite` and `fdatasync`. */
export function rawAppendRate(
  path: string,
  { recordBytes, batchSize, durationMs }: { recordBytes: number; batchSize: number; durationMs: number },
): number {
  const file = openSync(path, 'w+');
  const count = Math.max(1, Math.round(batchSize));
  const batch = Buffer.alloc(count * recordBytes, 0x61);
  const zeros = Buffer.alloc(1_048_576);
  for (let at = 0; at < FILE_BYTES; at += zeros.length) writeSync(file, zeros, 0, zeros.length, at);
  fdatasyncSync(file);
  let at = 0;
  let records = 0;
  const startMs = performance.now();
  while (performance.now() - startMs < durationMs) {
    if (at + batch.length > FILE_BYTES) at = 0;
    writeSync(file, batch, 0, batch.length, at);
    fdatasyncSync(file);
    at += batch.length;
    records += count;
  }
  const elapsedMs = performance.now() - startMs;
  closeSync(file);
  return (records / elapsedMs) * 1_000;
}
