/** Processor time of other processes, as Linux counts it. */
import { readFileSync } from 'node:fs';

// Clock ticks of `stat` a second: 100 on every Linux that Node runs on.
const TICK_MS = 10;

/** User and system time of a process and its threads, ms. @source proc(5), fields utime and stime */
export function processorMs(pid: number): number {
  return ticksOf(readFileSync(`/proc/${pid}/stat`, 'latin1')) * TICK_MS;
}

/** Ticks of one line of `stat`; the name of a program may hold blanks and brackets. */
export function ticksOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
