/** `bench admission`: who gets credits when tenants ask for more than there are; simulated, always the same. */
import { CREDIT_COUNT, runModel } from './admission/model.ts';
import type { Offer, Rule } from './admission/model.ts';
import { percentile, short } from './report/figure.ts';
import { printJson } from './report/row.ts';
import type { BenchOptions, Row } from './report/row.ts';
import { printTable } from './report/table.ts';

const HOLD_MS = 20;
const CAPACITY = (CREDIT_COUNT / HOLD_MS) * 1_000;
const RULES: readonly Rule[] = ['first come', 'claims', 'waiting room'];
const MANY = Array.from({ length: 64 }, (_, at) => `t${at}`);

/** What each case offers; the tenant whose figures are shown comes first. */
const CASES: Readonly<Record<string, { readonly of: string; readonly offer: Offer }>> = {
  alone: { of: 'loud', offer: { ratePerSecond: { loud: 2 * CAPACITY }, holdMs: HOLD_MS } },
  calm: {
    of: 'calm',
    offer: { ratePerSecond: { loud: 2 * CAPACITY }, holdMs: HOLD_MS, calmHoldMs: HOLD_MS },
  },
  'calm beside slow': {
    of: 'calm',
    offer: { ratePerSecond: { loud: 2 * CAPACITY }, holdMs: 10 * HOLD_MS, calmHoldMs: HOLD_MS },
  },
  two: { of: 'one', offer: { ratePerSecond: { one: CAPACITY, other: CAPACITY }, holdMs: HOLD_MS } },
  many: {
    of: 't0',
    offer: {
      ratePerSecond: Object.fromEntries(MANY.map((tenant) => [tenant, (2 * CAPACITY) / MANY.length])),
      holdMs: HOLD_MS,
    },
  },
};

/** Runs the cases that `names` lists, or all. @throws RangeError for an unknown case */
export async function benchAdmission({ json, quick, markdown, names }: BenchOptions): Promise<void> {
  const unknown = names.filter((name) => !Object.hasOwn(CASES, name));
  if (unknown.length > 0) {
    throw new RangeError(`no case ${unknown.join(', ')}; there are: ${Object.keys(CASES).join(', ')}`);
  }
  const wanted = names.length > 0 ? names : Object.keys(CASES);
  const rows = wanted.flatMap((name) => RULES.flatMap((rule) => rowsOf(name, rule, quick ? 20_000 : 60_000)));
  if (json) for (const row of rows) printJson(row);
  else report(rows, markdown);
}

function rowsOf(name: string, rule: Rule, durationMs: number): Row[] {
  const { of, offer } = CASES[name]!;
  const results = runModel(rule, offer, durationMs);
  const { askedCount, refusedCount, letInAfterMs } = results.get(of)!;
  const doneCount = [...results.values()].reduce((sum, result) => sum + result.doneCount, 0);
  const row = (metric: string, value: number, unit: string): Row => ({
    bench: 'admission',
    case: name,
    subject: rule,
    metric,
    value,
    unit,
  });
  return [
    row('refused', refusedCount / askedCount, 'share'),
    row('let in after, p50', percentile(letInAfterMs, 0.5), 'ms'),
    row('let in after, p99', percentile(letInAfterMs, 0.99), 'ms'),
    row('all decisions', (doneCount / durationMs) * 1_000, '/s'),
  ];
}

function report(rows: readonly Row[], markdown: boolean): void {
  process.stdout.write(
    `${CREDIT_COUNT} credits, decisions of ${HOLD_MS} ms in the mean: ${CAPACITY}/s; simulated time\n\n`,
  );
  const keys = [...new Set(rows.map((row) => `${row.case}|${row.subject}`))];
  const lines = keys.map((key) => {
    const own = rows.filter((row) => `${row.case}|${row.subject}` === key);
    return [...key.split('|'), ...own.map(({ value }) => short(value ?? 0))];
  });
  const head = ['case', 'rule', 'refused', 'let in p50 ms', 'p99 ms', 'decisions/s'];
  printTable(head, lines, markdown);
}
