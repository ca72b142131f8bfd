/** What a figure was measured on. */
import { availableParallelism, cpus, totalmem } from 'node:os';

/** One line: processor, cores, memory, Node, date. */
export function machineLine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const gib = Math.round(totalmem() / 2 ** 30);
  const date = new Date().toISOString().slice(0, 10);
  return `${model}, ${availableParallelism()} cores, ${gib} GiB, Node ${process.version}, ${date}`;
}
