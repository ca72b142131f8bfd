/** `witan hammer`: loads a log and reads it back while it grows. */
import { WitanError } from '../../../../contracts/errors.ts';
import { hammerLog } from '../../../../index.ts';
import type { HammerReport } from '../../../../index.ts';
import type { CommandRun } from '../../command.ts';
import { progressBar } from './progress-bar.ts';

/** `witan hammer`: load a log with many producers and check every proof meanwhile. */
export async function hammer({ terminal, options }: CommandRun): Promise<number> {
  const seconds = numberOf(options, 'seconds', 3_600);
  const key = process.env['WITAN_API_KEY'];
  const place = {
    url: options['url'] as string | undefined,
    folder: options['folder'] as string | undefined,
    ...(key !== undefined && { headers: { 'x-api-key': key } }),
  };
  const report = await hammerLog(place, {
    seconds,
    producerCount: numberOf(options, 'producers', 10_000),
    readerCount: numberOf(options, 'readers', 1_000),
    entryLength: numberOf(options, 'length', 200),
    signal: terminal.signal,
    onProgress: ({ elapsedMs, appendsPerS }) =>
      terminal.progress(`${progressBar(elapsedMs / 1_000 / seconds, `${Math.round(appendsPerS)}/s`)}`),
  });
  terminal.json(report);
  return show(report, terminal);
}

function show(report: HammerReport, { line, paint }: CommandRun['terminal']): number {
  const { appended, appendsPerS, appendP50Ms, appendP99Ms, appendFailures, proven } = report;
  const times = `p50 ${appendP50Ms.toFixed(1)} ms, p99 ${appendP99Ms.toFixed(1)} ms`;
  line(`${appended} entries, ${Math.round(appendsPerS)}/s, ${times}, ${appendFailures} refused`);
  line(`${proven} inclusions and ${report.consistent} extensions shown from tiles`);
  if (report.violations.length === 0) {
    line(`${paint('good', 'no violation')} in ${report.checkpoints} checkpoints`);
    return 0;
  }
  for (const violation of report.violations) line(paint('bad', violation));
  return 7;
}

function numberOf(options: Record<string, unknown>, name: string, most: number): number {
  const value = Number(options[name]);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new WitanError('invalid_argument', `--${name}: ${String(options[name])}`, {
    path: `--${name}`,
    expected: `a whole number from 1 to ${most}`,
  });
}
