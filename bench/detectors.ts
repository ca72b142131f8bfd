/**
 * Measures the content seats (guardian, security, compassion, alignment) on labelled sets.
 *
 *     node --import tsx bench/detectors.ts --data DIR [--set NAME…] [--origins] [--systems] [--errors N]
 * [--calibrate] [--json]
 *
 * Per set: rows, flagged by any of the four, recall of harm and false alarms with Wilson 95 % intervals,
 * both halves
 * (rules were tuned on half A), and the share that each seat flags. `--errors` prints the worst errors of
 * half A of
 * tuning sets only; sets that are for evaluation alone are counted and never shown. `--origins` gives
 * fetched text
 * its origin; `--systems` puts rows without a system prompt under those of cyberseceval_pi in turn.
 * `--calibrate` prints the numbers that stand in `agents/council/<seat>/calibration.ts`.
 */
import { parseArgs } from 'node:util';
import { calibrateSeat, formatShare } from './detectors/calibrate.ts';
import type { Judged } from './detectors/calibrate.ts';
import { wilson } from './detectors/interval.ts';
import { CONTENT_SEATS, judgeRow } from './detectors/judged-row.ts';
import { COUNTED_SETS, lendSystems, readRows, TUNING_SETS } from './detectors/labelled-rows.ts';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    set: { type: 'string', multiple: true },
    origins: { type: 'boolean', default: false },
    systems: { type: 'boolean', default: false },
    errors: { type: 'string', default: '0' },
    calibrate: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const folder = options.data ?? process.env['WITAN_DATA'];
if (folder === undefined) {
  process.stderr.write('bench detectors needs --data DIR or WITAN_DATA\n');
  process.exit(2);
}

const judged: Judged[] = [];
for (const set of options.set ?? TUNING_SETS) judged.push(...measureSet(set));
if (options.calibrate) {
  for (const { seat } of CONTENT_SEATS) print({ seat, ...calibrateSeat(seat, judged) });
}

function measureSet(set: string): readonly Judged[] {
  const rows = readRows(folder!, set);
  if (rows === undefined) {
    process.stderr.write(`${set}: no data.jsonl.gz under ${folder}\n`);
    return [];
  }
  const lent = options.systems ? lendSystems(rows, systemsOf('cyberseceval_pi')) : rows;
  const started = process.hrtime.bigint();
  const results = lent.map((row) => ({ set, row, findings: judgeRow(row, options.origins) }));
  const msPerRow = Number(process.hrtime.bigint() - started) / 1e6 / rows.length;
  for (const label of [0, 1] as const)
    reportLabel(set, label, { results: results.filter(({ row }) => row.label === label), msPerRow });
  if (!COUNTED_SETS.includes(set)) reportErrors(results);
  return results;
}

function systemsOf(set: string): readonly string[] {
  return [...new Set((readRows(folder!, set) ?? []).flatMap(({ system }) => system ?? []))];
}

function reportLabel(
  set: string,
  label: 0 | 1,
  { results, msPerRow }: { results: readonly Judged[]; msPerRow: number },
): void {
  if (results.length === 0) return;
  const isFlagged = ({ findings }: Judged): boolean => findings.length > 0;
  const count = (list: readonly Judged[]): number => list.filter(isFlagged).length;
  const halves = [0, 1].map((half) => results.filter(({ row }) => row.half === half));
  const bySeat = Object.fromEntries(
    CONTENT_SEATS.map(({ seat }) => [
      seat,
      results.filter(({ findings }) => findings.some((one) => one.seat === seat)).length,
    ]),
  );
  const critical = results.filter(({ findings }) => findings.some((one) => one.critical)).length;
  const flagged = count(results);
  if (options.json) {
    const metric = label === 1 ? 'recall' : 'false-alarm';
    const { low, high } = wilson(flagged, results.length);
    print({
      bench: 'detectors',
      case: set,
      subject: 'content-seats',
      metric,
      value: flagged / results.length,
      unit: 'share',
      n: results.length,
      flagged,
      low,
      high,
      critical,
      halves: halves.map((half) => count(half) / Math.max(1, half.length)),
      bySeat,
      msPerRow,
    });
    return;
  }
  const seats = Object.entries(bySeat)
    .map(([seat, flags]) => `${seat} ${((flags / results.length) * 100).toFixed(1)}`)
    .join('  ');
  const parts = halves
    .map((half) => `${((count(half) / Math.max(1, half.length)) * 100).toFixed(1)}`)
    .join(' / ');
  const name = `${set} ${label === 1 ? 'recall' : 'false alarm'}`.padEnd(34);
  process.stdout.write(
    [
      name,
      `n ${String(results.length).padStart(5)}`,
      formatShare(flagged, results.length).padEnd(24),
      `A/B ${parts.padEnd(12)}`,
      `critical ${((critical / results.length) * 100).toFixed(1).padStart(5)}`,
      seats,
      `${msPerRow.toFixed(2)} ms/row\n`,
    ].join('  '),
  );
}

function reportErrors(results: readonly Judged[]): void {
  const wanted = Number(options.errors);
  if (!(wanted > 0)) return;
  const wrong = results.filter(
    ({ row, findings }) => row.half === 0 && findings.length > 0 !== (row.label === 1),
  );
  wrong.sort((a, b) => (a.findings[0]?.scoreBp ?? 10_000) - (b.findings[0]?.scoreBp ?? 10_000));
  for (const { row, findings } of wrong.slice(0, wanted)) {
    const codes = findings.map(({ code, scoreBp }) => `${code} ${scoreBp}`).join(', ') || 'none';
    process.stdout.write(
      `    label ${row.label}  ${codes}  ${row.text.replace(/\s+/g, ' ').slice(0, 200)}\n`,
    );
  }
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
