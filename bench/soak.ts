/**
 * Soak: a node under mixed load and faults for a long time, then a look at what did not go back.
 *
 *     npm run soak -- [--minutes N] [--rate N] [--only KIND,…] [--json]
 *
 * `--only` leaves out all disturbances but those named (`stop-seat`, `bursts`, …; `none`: plain decisions),
 * which finds what a leak belongs to.
 * Exit code 1 when memory grew, handles leaked, or the tree or the credits are not as at the start.
 */
import { parseArgs } from 'node:util';
import { short } from './report/figure.ts';
import { machineLine } from './report/machine.ts';
import { printJson, progress } from './report/row.ts';
import { FAULTS, MISUSES, parseDisturbances } from './soak/disturbances.ts';
import { runSoak } from './soak/run-soak.ts';
import type { SoakReport } from './soak/run-soak.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '60' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const [minutes, rate] = [Number(values.minutes), Number(values.rate)];
if (!(minutes > 0) || !(rate > 0)) {
  process.stderr.write('soak: --minutes and --rate are positive numbers\n');
  process.exit(2);
}

const disturbances = parseDisturbances(values.only);
if (!disturbances) {
  process.stderr.write(`soak: --only takes none, or of these: ${[...FAULTS, ...MISUSES].join(', ')}\n`);
  process.exit(2);
}

const report = await runSoak({ minutes, rate, disturbances, onProgress: progress });
progress('');
if (values.json) printRows(report);
else print(report);
process.exitCode = report.verdicts.every(({ isKept }) => isKept) ? 0 : 1;

function print({ samples, totals, verdicts }: SoakReport): void {
  const load = `${minutes} minutes at ${rate} decisions a second${soleKinds()}`;
  process.stdout.write(`${machineLine()}, ${load}\n\n`);
  for (const { atMs, heapBytes, rssBytes, handleCount, actorCount } of thinned(samples)) {
    const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
    const line = [
      `heap ${mib(heapBytes)}`,
      `rss ${mib(rssBytes)}`,
      `${handleCount} handles`,
      `${actorCount} actors`,
    ];
    process.stdout.write(`${(atMs / 60_000).toFixed(1).padStart(6)} min  ${line.join('  ')}\n`);
  }
  const parts = Object.entries(totals).map(([name, count]) => `${name} ${short(count)}`);
  process.stdout.write(`\n${parts.join(', ')}\n\n`);
  for (const { name, isKept, detail } of verdicts) {
    process.stdout.write(`${isKept ? 'ok    ' : 'FAILED'}  ${name}: ${detail}\n`);
  }
}

function printRows({ samples, totals, verdicts }: SoakReport): void {
  const row = { bench: 'soak', case: `${minutes} min`, subject: 'witan' };
  for (const [name, value] of Object.entries(totals)) printJson({ ...row, metric: name, value, unit: '' });
  const last = samples.at(-1);
  if (last) printJson({ ...row, metric: 'heap', value: last.heapBytes, unit: 'B' });
  for (const { name, isKept, value, unit, detail } of verdicts) {
    printJson({ ...row, metric: name, value, unit, isReached: isKept, note: detail });
  }
}

function soleKinds(): string {
  return values.only === undefined ? '' : `, disturbed by: ${values.only}`;
}

/** About twenty lines, whatever the length of the run. */
function thinned<T>(list: readonly T[]): readonly T[] {
  const step = Math.max(1, Math.ceil(list.length / 20));
  return list.filter((_, at) => at % step === 0 || at === list.length - 1);
}
