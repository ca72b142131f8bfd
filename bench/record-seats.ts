/**
 * Measures the seats of rules and record on labelled data.
 *
 * `node --import tsx bench/record-seats.ts --data DIR [--set NAME…] [--json] [--calibrate] [--errors N]`
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { laplaceBp, measureSeats } from './record-seats/calibration-report.ts';
import { CLAIM_SETS, fitClaimWeights } from './record-seats/claim-fit.ts';
import { decisionOf, judge, requestOf, SEATS } from './record-seats/judged-row.ts';
import { halfOf, readRows, shareText, wilson } from './record-seats/labelled-rows.ts';
import { personalDataReport } from './record-seats/personal-data-report.ts';
import type { Hits } from './record-seats/personal-data-report.ts';
import { seatMicroseconds } from './record-seats/seat-speed.ts';

const SETS = [
  'benign_clinc',
  'mitre_frr',
  'xstest',
  'pii_presidio',
  'bias_reddit',
  'bias_winobias',
  'harmful_advbench',
  ...CLAIM_SETS,
] as const;

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    set: { type: 'string', multiple: true },
    json: { type: 'boolean', default: false },
    calibrate: { type: 'boolean', default: false },
    errors: { type: 'string', default: '0' },
    quick: { type: 'boolean', default: false },
  },
});
const data = values.data ?? process.env['WITAN_DATA'] ?? '';
if (!existsSync(data)) {
  process.stderr.write('record-seats: --data DIR or WITAN_DATA must name the folder of labelled sets\n');
  process.exit(2);
}
if (values.calibrate) calibrate(data);
else measure(data);

function measure(directory: string): void {
  const errors = Number(values.errors);
  for (const set of values.set ?? SETS) {
    if (set === 'pii_presidio') reportPersonalData(directory, errors);
    reportSet(directory, set, errors);
  }
  for (const { seat, text, microseconds } of seatMicroseconds(values.quick ? 100 : 500)) {
    row({ case: `500 characters ${text}`, subject: seat, metric: 'time', value: microseconds, unit: 'µs' });
  }
}

function reportSet(directory: string, set: string, errors: number): void {
  const rows = readRows(directory, set);
  if (!rows) return void process.stderr.write(`record-seats: ${set} is not there, left out\n`);
  for (const half of ['fit', 'held-out'] as const) {
    for (const label of [0, 1] as const) {
      const chosen = rows.filter((one) => halfOf(one) === half && one.label === label);
      if (chosen.length === 0) continue;
      for (const plan of SEATS) {
        const lowered = chosen.filter((one) => judge(plan, decisionOf(requestOf(one))).scoreBp < 5_000);
        const metric = label === 1 ? 'recall' : 'false-alarm';
        if (lowered.length === 0 && label === 1) continue;
        share(
          { case: `${set} ${half}`, subject: plan.seat, metric },
          { hits: lowered.length, total: chosen.length },
        );
        if (half === 'fit')
          for (const one of lowered.slice(0, errors)) process.stdout.write(`    ${one.text.slice(0, 160)}\n`);
      }
    }
  }
}

function reportPersonalData(directory: string, errors: number): void {
  for (const half of ['fit', 'held-out'] as const) {
    const report = personalDataReport(directory, half);
    if (!report) return;
    const at = { case: `pii_presidio by template ${half}`, subject: 'privacy' };
    share({ ...at, metric: 'recall identifying rows' }, report.identifyingRows);
    share({ ...at, metric: 'recall all labelled rows' }, report.labelledRows);
    share({ ...at, metric: 'precision of finds' }, report.finds);
    for (const [type, hits] of report.types) share({ ...at, metric: `recall ${type}` }, hits);
    for (const missed of report.missed.slice(0, errors)) process.stdout.write(`    ${missed}\n`);
  }
}

function calibrate(directory: string): void {
  row({
    case: 'claims',
    subject: 'truth',
    metric: 'weights',
    value: fitClaimWeights(directory).join(' '),
    unit: '',
  });
  for (const measured of measureSeats(directory)) {
    const shipped = SEATS.find((plan) => plan.seat === measured.seat)?.calibration;
    const at = { case: `data ${measured.dataDigest}`, subject: measured.seat };
    row({
      ...at,
      metric: `benign, shipped ${shipped?.benignConfidenceBp ?? 0}`,
      value: measured.benignConfidenceBp,
      unit: 'bp',
    });
    for (const { code, right, total } of measured.codes) {
      const stated = shipped?.findingConfidenceBp[code];
      const note = stated === undefined ? '' : `, shipped ${stated}`;
      const metric = `precision ${code} (${right}/${total})${note}`;
      row({ ...at, metric, value: laplaceBp(right, total), unit: 'bp' });
    }
  }
}

interface Row {
  readonly case: string;
  readonly subject: string;
  readonly metric: string;
  readonly value: number | string;
  readonly unit: string;
}

function share(about: Pick<Row, 'case' | 'subject' | 'metric'>, { hits, total }: Hits): void {
  if (!values.json) return void process.stdout.write(`${label(about)} ${shareText(hits, total)}\n`);
  const { share: value, low, high } = wilson(hits, total);
  process.stdout.write(
    `${JSON.stringify({ bench: 'record-seats', ...about, value, unit: 'share', low, high, n: total })}\n`,
  );
}

function row(about: Row): void {
  if (values.json) process.stdout.write(`${JSON.stringify({ bench: 'record-seats', ...about })}\n`);
  else process.stdout.write(`${label(about)} ${about.value} ${about.unit}\n`);
}

function label({ case: name, subject, metric }: Pick<Row, 'case' | 'subject' | 'metric'>): string {
  return `${name.padEnd(34)} ${subject.padEnd(15)} ${metric.padEnd(34)}`;
}
