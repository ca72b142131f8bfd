/**
 * `npm run chaos:ledger [-- --json] [--short] [section …]`: causes faults of the ledger and looks at what
 * is left.
 *
 * Exit code 1 when anything acknowledged was lost, came in another order, or was done twice.
 */
import { parseArgs } from 'node:util';
import { CHAOS_SECTIONS } from './sections.ts';
import type { ChaosRow } from './section.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
  },
});
const unknown = positionals.filter((name) => !(name in CHAOS_SECTIONS));
if (unknown.length > 0) {
  process.stderr.write(`no section ${unknown.join(', ')}: ${Object.keys(CHAOS_SECTIONS).join(', ')}\n`);
  process.exit(2);
}

const rows: ChaosRow[] = [];
const seconds = new Map<string, number>();
for (const [name, section] of Object.entries(CHAOS_SECTIONS)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const startedMs = performance.now();
  for await (const row of section({ isShort: values.short })) {
    rows.push(row);
    print(row);
  }
  seconds.set(name, (performance.now() - startedMs) / 1_000);
}
summary();
process.exitCode = rows.every(({ held }) => held) ? 0 : 1;

function print(row: ChaosRow): void {
  if (values.json) return void process.stdout.write(`${JSON.stringify(row)}\n`);
  const { section, fault, held, looked, detail } = row;
  const state = held ? 'held' : 'LOST';
  process.stdout.write(`${state}  ${section.padEnd(8)} ${fault}  ${looked} looked for  ${detail}\n`);
}

function summary(): void {
  const sum = (of: (row: ChaosRow) => number): number => rows.reduce((total, row) => total + of(row), 0);
  const failed = rows.filter(({ held }) => !held);
  if (!values.json) process.stdout.write(table());
  const line =
    `${sum(({ times }) => times)} faults at ${rows.length} points: ` +
    `${sum(({ looked }) => looked)} looked for, ` +
    `${sum(({ lost }) => lost)} lost, ${sum(({ twice }) => twice)} done twice, ` +
    `${failed.length} points failed`;
  (values.json ? process.stderr : process.stdout).write(`${line}\n`);
}

/** One line a section: what was caused, what was looked for, how long it took. */
function table(): string {
  const cells = [...seconds].map(([name, took]) => {
    const own = rows.filter(({ section }) => section === name);
    const sum = (of: (row: ChaosRow) => number): number => own.reduce((total, row) => total + of(row), 0);
    const counts = [own.length, sum(({ times }) => times), sum(({ looked }) => looked)];
    const bad = [sum(({ lost }) => lost), sum(({ twice }) => twice), own.filter(({ held }) => !held).length];
    return [name, ...[...counts, ...bad].map(String), took.toFixed(0)];
  });
  const head = ['section', 'points', 'faults', 'looked for', 'lost', 'twice', 'failed', 'seconds'];
  const lines = [head, ...cells].map((row) =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(8) : cell.padStart(head[at]!.length))).join('  '),
  );
  return `\n${lines.join('\n')}\n\n`;
}
