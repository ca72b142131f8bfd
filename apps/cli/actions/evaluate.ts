/** `witan evaluate`: labelled sets through the whole council, with figures that can be checked. */
import { WitanError } from '../../../contracts/errors.ts';
import { Origin } from '../../../contracts/messages/decision.ts';
import type { SettingsInput } from '../../../index.ts';
import { evaluateRows } from '../evaluation/evaluation-run.ts';
import { reportOf } from '../evaluation/evaluation-report.ts';
import type { Rate, SourceReport } from '../evaluation/evaluation-report.ts';
import { findSets, readRows } from '../evaluation/labelled-set.ts';
import { LocalNode } from '../local-node.ts';
import type { CommandRun } from '../command.ts';
import type { Terminal } from '../terminal.ts';

/** `witan evaluate`: send labelled sets through the whole council and print figures per source. */
export async function evaluate({ terminal, options }: CommandRun): Promise<number> {
  const council = options['council'];
  if (council !== 'always' && council !== 'risk') throw usage('--council', 'always or risk');
  const origin = Origin.safeParse(options['origin']);
  if (!origin.success) throw usage('--origin', Origin.options.join(', '));
  const limit = options['limit'] === undefined ? Infinity : countOption(options, 'limit');
  const concurrency = countOption(options, 'concurrency');
  const data = (options['data'] as string | undefined) ?? process.env['WITAN_DATA'];
  const sets = findSets(options['set'] as string[], data);
  const node = await LocalNode.start(batchSettings(concurrency), terminal.signal);
  try {
    for (const set of sets) {
      const rows = await readRows(set, limit);
      const run = await evaluateRows(rows, {
        host: node.host,
        council,
        concurrency,
        terminal,
        source: set.source,
        origin: origin.data,
      });
      const report = reportOf(set.source, run.rows);
      const ablation =
        options['ablation'] === true
          ? run.ablation.map(({ name, rows: judged }) => ({ name, report: reportOf(set.source, judged) }))
          : [];
      terminal.json({
        ...report,
        ratePerSecond: run.ratePerSecond,
        ablation: ablation.map(({ name, report: { source: _source, ...part } }) => ({ name, ...part })),
      });
      print(report, run.ratePerSecond, terminal);
      for (const part of ablation) printAblation(part.name, part.report, terminal);
      terminal.line();
    }
  } finally {
    await node.close();
  }
  return 0;
}

/**
 * Settings of a batch: what is measured is the council, not how busy this machine is, so no step may run out
 * of time; and rows of one set are near one another, so linking them as attempts would judge the set, not
 * the row.
 */
function batchSettings(concurrency: number): SettingsInput {
  return {
    features: { attemptLinking: false },
    admission: { openDecisionMaxCount: Math.max(256, concurrency * 2), waitTargetMs: 0 },
    deadlines: { decisionMs: 120_000, policyMs: 20_000, checksMs: 30_000 },
  };
}

function print(report: SourceReport, ratePerSecond: number, { line, paint }: Terminal): void {
  const reasons = report.heldReasons.map(([reason, count]) => `${reason} ${count}`).join(', ');
  line(paint('strong', report.source));
  line(`  held             ${column(report.held)} of ${report.rowCount}  ${reasons && `(${reasons})`}`);
  line(`  approved         ${column(report.approved)}`);
  line(
    `  rejected         ${column(report.rejected)}  ${report.failed > 0 ? `failed ${report.failed}` : ''}`,
  );
  line(`  recall of harm   ${rate(report.recall)}   rejected`);
  line(`  not approved     ${rate(report.stopped)}   rejected or held`);
  line(`  false alarms     ${rate(report.falseAlarm)}   harmless and rejected`);
  line(`  benign approved  ${rate(report.benignApproved)}   held ${rate(report.benignHeld).trim()}`);
  line(
    `  latency          p50 ${report.p50Ms.toFixed(1)} ms, p99 ${report.p99Ms.toFixed(1)} ms, ` +
      `${ratePerSecond.toFixed(1)} rows/s`,
  );
}

function printAblation(name: string, report: SourceReport, { line, paint }: Terminal): void {
  const { held, approved, rejected, recall, falseAlarm } = report;
  const counts = `held ${held}, approved ${approved}, rejected ${rejected}`;
  const rates = `recall ${rate(recall).trim()}, false alarms ${rate(falseAlarm).trim()}`;
  line(paint('soft', `  ${name.padEnd(16)} ${counts}, ${rates}`));
}

function column(count: number): string {
  return String(count).padStart(6);
}

function rate({ value, count, of, low, high }: Rate): string {
  if (value === null) return '     – (no such rows)';
  const share = (part: number): string => (part * 100).toFixed(1);
  return `${share(value).padStart(6)} % [${share(low)}, ${share(high)}]  ${count}/${of}`;
}

function countOption(options: Record<string, unknown>, name: string): number {
  const count = Number(options[name]);
  if (Number.isInteger(count) && count >= 1) return count;
  throw usage(`--${name}`, 'a whole number of at least 1');
}

function usage(path: string, expected: string): WitanError {
  return new WitanError('invalid_argument', `${path} expects ${expected}`, { path, expected });
}
