/**
 * `bench ledger`: durable appends through the port and proofs from large logs, beside the same bytes written
 * bare, SHA-256 alone, PostgreSQL, and another Merkle tree.
 */
import { join } from 'node:path';
import { POSTGRES_MISSING } from '../test/postgres-server.ts';
import { measureAppends, type AppendFigures } from './ledger/appends.ts';
import { measureDecisions, recordOneDecision } from './ledger/decisions.ts';
import { entryOf, FRAME_BYTES, openBenchLog } from './ledger/bench-log.ts';
import { databaseRate, hashRate, otherTreeRates } from './ledger/peers.ts';
import { measureProofs } from './ledger/proofs.ts';
import { rawAppendRate } from './ledger/raw-file.ts';
import { median, short } from './report/figure.ts';
import { machineLine } from './report/machine.ts';
import { printJson, progress } from './report/row.ts';
import type { BenchOptions, Row } from './report/row.ts';
import { printTable } from './report/table.ts';

/** Writers that wait for their entry at once, and bytes of each entry's text. */
const APPENDS = [
  { name: '1 producer', writerCount: 1, entryBytes: 256 },
  { name: '64 producers', writerCount: 64, entryBytes: 256 },
  { name: '2,000 producers', writerCount: 2_000, entryBytes: 256 },
  { name: '2,000 producers, 512 B', writerCount: 2_000, entryBytes: 512 },
  { name: '64 producers, 16 KiB', writerCount: 64, entryBytes: 16_384 },
] as const;
const PEERS = 'peers';
const PROOFS = ['proofs: 100,000', 'proofs: 10,000,000'] as const;
const DECISIONS = 'decisions';
/** What a record may be sealed for. */
const SEALINGS = [
  { subject: 'not sealed', sealInput: 'never', personCount: 0 },
  { subject: 'sealed', sealInput: 'always', personCount: 0 },
  { subject: 'sealed, for a person each', sealInput: 'always', personCount: 1_000 },
] as const;
const DECISIONS_PER_SECOND = 200;
const CASES = [...APPENDS.map(({ name }) => name), DECISIONS, PEERS, ...PROOFS];
/** Of the issue: entries a second, share of the bare file, milliseconds. */
const TARGETS = { rate: 300_000, share: 0.12, p99: 10, proofMs: 1, decisionMs: 5 };

type Figure = Omit<Row, 'bench'>;

/** Runs the cases that `names` lists, or all; `quick` leaves out the largest log. @throws RangeError */
export async function benchLedger({ json, quick, markdown, names }: BenchOptions): Promise<void> {
  const unknown = names.filter((name) => !CASES.includes(name));
  if (unknown.length > 0) {
    throw new RangeError(`no case ${unknown.join(', ')}; there are: ${CASES.join(', ')}`);
  }
  const isWanted = (name: string): boolean => names.length === 0 || names.includes(name);
  const figures: Figure[] = [];
  for (const kase of APPENDS.filter(({ name }) => isWanted(name))) {
    progress(`${kase.name} …`);
    figures.push(...(await appendCase(kase, quick)));
  }
  if (isWanted(DECISIONS)) figures.push(...(await decisionsCase(quick)));
  if (isWanted(PEERS)) figures.push(...(await peerCase(quick)));
  if (isWanted(PROOFS[0])) figures.push(...(await proofCase(PROOFS[0], 100_000)));
  if (isWanted(PROOFS[1]) && (!quick || names.length > 0)) {
    figures.push(...(await proofCase(PROOFS[1], 10_000_000)));
  }
  progress('');
  const rows = figures.map((figure): Row => ({ bench: 'ledger', ...figure }));
  if (json) for (const row of rows) printJson(row);
  else report(rows, markdown);
}

async function appendCase(kase: (typeof APPENDS)[number], quick: boolean): Promise<Figure[]> {
  const { name, writerCount, entryBytes } = kase;
  const log = await openBenchLog();
  const input = entryOf(entryBytes);
  const rounds: AppendFigures[] = [];
  const rawRates: number[] = [];
  const durationMs = quick ? 500 : 2_000;
  try {
    for (let round = 0; round <= (quick ? 2 : 5); round += 1) {
      const measured = await measureAppends(() => log.ledger.append(input), { writerCount, durationMs });
      const recordBytes = entryBytes + FRAME_BYTES;
      const raw = { recordBytes, batchSize: log.takeBatchSize(), durationMs: durationMs / 2 };
      const rawRate = rawAppendRate(join(log.folder, 'raw'), raw);
      // The first round warms up.
      if (round === 0) continue;
      rounds.push(measured);
      rawRates.push(rawRate);
    }
  } finally {
    await log.end();
  }
  const of = (metric: keyof AppendFigures): number => median(rounds.map((round) => round[metric]));
  const raw = median(rawRates);
  const isTarget = name === '2,000 producers';
  const peer = 'raw file, same batches';
  const rate: Figure = { case: name, subject: 'ledger', metric: 'rate', value: of('rate'), unit: '/s' };
  const judged = {
    target: `≥ ${TARGETS.rate}/s and ≥ ${TARGETS.share}×`,
    isReached: of('rate') >= TARGETS.rate && of('rate') / raw >= TARGETS.share,
  };
  const late = { target: `< ${TARGETS.p99} ms`, isReached: of('p99') < TARGETS.p99 };
  return [
    { ...rate, peer, ratio: of('rate') / raw, ...(isTarget && judged) },
    { case: name, subject: 'ledger', metric: 'p50', value: of('p50'), unit: 'ms' },
    { case: name, subject: 'ledger', metric: 'p99', value: of('p99'), unit: 'ms', ...(isTarget && late) },
    { case: name, subject: peer, metric: 'rate', value: raw, unit: '/s' },
  ];
}

async function decisionsCase(quick: boolean): Promise<Figure[]> {
  progress('decisions …');
  const recorded = await recordOneDecision();
  const figures: Figure[] = [];
  for (const { subject, ...sealing } of SEALINGS) {
    progress(`decisions, ${subject} …`);
    const pace = { ratePerSecond: DECISIONS_PER_SECOND, durationMs: quick ? 1_000 : 10_000 };
    const made = await measureDecisions(recorded, sealing, pace);
    const figure = (metric: string, value: number, unit: string): Figure => ({
      case: DECISIONS,
      subject,
      metric,
      value,
      unit,
    });
    const judged = { target: `≤ ${TARGETS.decisionMs} ms`, isReached: made.p99 <= TARGETS.decisionMs };
    figures.push(
      figure('processor', made.processorMs, 'ms each'),
      figure('one after the other', made.rate, '/s'),
      figure(`p50 at ${DECISIONS_PER_SECOND}/s`, made.p50, 'ms'),
      { ...figure(`p99 at ${DECISIONS_PER_SECOND}/s`, made.p99, 'ms'), ...judged },
      figure('both entries', made.bytes, 'B'),
    );
  }
  return figures;
}

async function peerCase(quick: boolean): Promise<Figure[]> {
  progress('peers …');
  const durationMs = quick ? 500 : 3_000;
  const database = POSTGRES_MISSING ? null : await databaseRate(256, durationMs);
  const note = POSTGRES_MISSING ? { note: POSTGRES_MISSING } : {};
  const tree = otherTreeRates(quick ? 10_000 : 100_000);
  const figure = (subject: string, metric: string, value: number | null): Figure => ({
    case: PEERS,
    subject,
    metric,
    value,
    unit: '/s',
  });
  return [
    figure('SHA-256 of 257 B, one thread', 'rate', hashRate(257, durationMs)),
    { ...figure('PostgreSQL, 1,000 rows of 256 B an insert', 'rate', database), ...note },
    figure('merkletreejs', 'build', tree.build),
    figure('merkletreejs', 'prove', tree.prove),
    figure('merkletreejs', 'verify', tree.verify),
  ];
}

async function proofCase(name: string, entryCount: number): Promise<Figure[]> {
  const log = await openBenchLog();
  try {
    const made = await measureProofs(log, entryCount, (count) =>
      progress(`${name}: ${Math.floor((100 * count) / entryCount)} % written`),
    );
    const figure = (metric: string, value: number, unit: string): Figure => ({
      case: name,
      subject: 'ledger',
      metric,
      value,
      unit,
    });
    const judged = { target: `< ${TARGETS.proofMs} ms`, isReached: made.p50 < TARGETS.proofMs };
    return [
      { ...figure('p50', made.p50, 'ms'), ...judged },
      figure('p99', made.p99, 'ms'),
      figure('prove', made.prove, '/s'),
      figure('verify', made.verify, '/s'),
      figure('open', made.openMs, 'ms'),
      figure('resident', made.residentMiB, 'MiB'),
    ];
  } finally {
    await log.end();
  }
}

function report(rows: readonly Row[], markdown: boolean): void {
  process.stdout.write(`${machineLine()}\n\n`);
  const lines = rows.map((row) => {
    const value = row.value === null ? (row.note ?? '') : `${short(row.value)} ${row.unit}`;
    const ratio = row.ratio === undefined ? '' : `${short(row.ratio)}× ${row.peer}`;
    const target = row.target === undefined ? '' : `${row.target}: ${row.isReached ? 'reached' : 'missed'}`;
    return [row.case, row.subject, row.metric, value, ratio, target];
  });
  printTable(['case', 'subject', 'metric', 'value', 'beside', 'target'], lines, markdown);
}
