/** Sends rows through an embedded node, several at once, and notes what came of each. */
import { toWitanError } from '../../../contracts/errors.ts';
import type { Origin } from '../../../contracts/messages/decision.ts';
import { meanOutcome } from '../../../index.ts';
import type { Ballot, Host, Verdict } from '../../../index.ts';
import type { JudgedRow } from './evaluation-report.ts';
import type { LabelledRow } from './labelled-set.ts';
import { subjectOf } from './row-request.ts';
import type { Terminal } from '../terminal.ts';

/** How rows are sent. */
export interface EvaluationOptions {
  readonly host: Host;
  readonly council: 'always' | 'risk';
  readonly concurrency: number;
  readonly terminal: Terminal;
  readonly source: string;
  /** Origin of a row's text where the row names none; default `user`. */
  readonly origin?: Origin;
}

/** What came of a set. */
export interface EvaluationRun {
  readonly rows: readonly JudgedRow[];
  readonly ratePerSecond: number;
  /** The same ballots under weaker rules: mean only, + round 2, + veto (the rule in force). */
  readonly ablation: readonly { readonly name: string; readonly rows: readonly JudgedRow[] }[];
}

/** Judges every row; a row that fails is counted as failed, never left out. @throws cancelled */
export async function evaluateRows(
  rows: readonly LabelledRow[],
  options: EvaluationOptions,
): Promise<EvaluationRun> {
  const { terminal, source, concurrency } = options;
  const judged = new Array<Judgement>(rows.length);
  const started = performance.now();
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    while (next < rows.length) {
      const index = next++;
      terminal.signal.throwIfAborted();
      judged[index] = await judge(rows[index]!, options);
      done += 1;
      if (done % 5 === 0 || done === rows.length)
        terminal.progress(progressLine(source, done, rows.length, performance.now() - started));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  const seconds = (performance.now() - started) / 1_000;
  return {
    rows: judged.map((one) => one.row),
    ratePerSecond: seconds === 0 ? 0 : rows.length / seconds,
    ablation: [
      { name: 'mean only', rows: judged.map((one) => one.meanOnly) },
      { name: '+ round 2', rows: judged.map((one) => one.roundTwo) },
      { name: '+ veto', rows: judged.map((one) => one.row) },
    ],
  };
}

interface Judgement {
  readonly row: JudgedRow;
  readonly meanOnly: JudgedRow;
  readonly roundTwo: JudgedRow;
}

async function judge(
  labelled: LabelledRow,
  { host, council, origin }: EvaluationOptions,
): Promise<Judgement> {
  const { label } = labelled;
  const started = performance.now();
  const elapsed = (): number => performance.now() - started;
  try {
    // A key per row: equal rows of a set are separate decisions.
    const idempotencyKey = crypto.randomUUID();
    const verdict = await host.submit({
      type: 'chat',
      ...subjectOf(labelled, origin),
      council,
      idempotencyKey,
    });
    const row: JudgedRow = {
      label,
      outcome: verdict.body.outcome,
      heldReason: verdict.body.heldReason,
      elapsedMs: elapsed(),
    };
    const { meanOnly, roundTwo } = await weaker(verdict, host);
    return { row, meanOnly: { ...row, ...meanOnly }, roundTwo: { ...row, ...roundTwo } };
  } catch (error) {
    const { code } = toWitanError(error);
    if (code === 'cancelled') throw error;
    const row: JudgedRow = { label, outcome: 'failed', heldReason: null, elapsedMs: elapsed() };
    return { row, meanOnly: row, roundTwo: row };
  }
}

type Weaker = Pick<JudgedRow, 'outcome' | 'heldReason'>;

async function weaker(verdict: Verdict, host: Host): Promise<{ meanOnly: Weaker; roundTwo: Weaker }> {
  const { decidedBy, outcome, heldReason, decisionId, rounds } = verdict.body;
  const same = { outcome, heldReason };
  if (decidedBy !== 'council' || verdict.ballots.length === 0) return { meanOnly: same, roundTwo: same };
  const { opened, final } = await host.recorded(decisionId);
  const first = new Map<string, Ballot>(final.superseded.map((ballot) => [ballot.body.seat, ballot]));
  const roundOne = verdict.ballots.map((ballot) => first.get(ballot.body.seat) ?? ballot);
  return {
    meanOnly: { outcome: meanOutcome(opened.terms, roundOne, 1), heldReason: null },
    roundTwo: { outcome: meanOutcome(opened.terms, verdict.ballots, rounds), heldReason: null },
  };
}

function progressLine(source: string, done: number, total: number, elapsedMs: number): string {
  const rate = done / (elapsedMs / 1_000);
  const width = 24;
  const filled = Math.round((done / total) * width);
  const leftS = Math.ceil((total - done) / rate);
  const bar = `${'█'.repeat(filled)}${'·'.repeat(width - filled)}`;
  const left = `${Math.floor(leftS / 60)}:${String(leftS % 60).padStart(2, '0')}`;
  return `${source.padEnd(18)} ${bar} ${done}/${total}  ${rate.toFixed(1)} rows/s  ${left} left`;
}
