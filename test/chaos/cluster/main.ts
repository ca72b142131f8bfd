/**
 * `npm run chaos -- [--rounds 200] [--seed 1] [--only KIND] [--rate 8] [--json] [--keep]`: three nodes
 * and three NATS servers under load, one fault a round, and a history that is checked against every rule.
 *
 * Exit code 1 when a rule is broken or a bound is missed; the folder is kept then.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { FAULT_KINDS, planFaults } from './faults.ts';
import type { FaultKind } from './faults.ts';
import { missedBounds, reportText, summaries } from './report.ts';
import { runChaos } from './chaos-run.ts';

const KINDS = Object.keys(FAULT_KINDS) as FaultKind[];
const HELP = `npm run chaos -- [options]: a cluster under load, one fault a round

  --rounds <n>   faults (default 200)
  --seed <n>     the same seed, the same plan (default 1)
  --only <kind>  faults of one kind
  --rate <n>     new decisions a second (default 8)
  --keep         keep data and logs of the nodes, also when nothing is wrong
  --json         one JSON object a line

Kinds:
${KINDS.map((kind) => `  ${kind.padEnd(12)} ${FAULT_KINDS[kind]}`).join('\n')}
`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    rate: { type: 'string', default: '8' },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const rounds = whole('--rounds', values.rounds);
const seed = whole('--seed', values.seed);
const rate = whole('--rate', values.rate);
const only = values.only as FaultKind | undefined;
if (only !== undefined && !KINDS.includes(only)) refuse(`no kind ${only}: ${KINDS.join(', ')}`);

const stop = new AbortController();
// The round that is under way is ended and judged; a second interrupt ends it where it stands.
process.once('SIGINT', () => stop.abort());

const folder = mkdtempSync(join(tmpdir(), 'witan-chaos-'));
const startedMs = performance.now();
const tell = (line: string): void => {
  const at = `${((performance.now() - startedMs) / 1_000).toFixed(0)} s`.padStart(7);
  process.stderr.write(`${at}  ${line}\n`);
};
const command = ['--max-semi-space-size=32', resolve(import.meta.dirname, '../../../dist/apps/cli/main.js')];
const plan = planFaults({ seed, rounds, nodeCount: 3, only });
tell(`seed ${seed}, ${rounds} rounds, ${rate} decisions a second`);
const result = await runChaos({ folder, command, plan, seed, rate, note: tell, signal: stop.signal });
const missed = missedBounds(result.costs);
const { report, costs, brokenOff } = result;
const json = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
if (values.json) {
  for (const { record, ...cost } of costs) json({ ...record, shards: record.shards.size, ...cost });
  for (const summary of summaries(costs)) json(summary);
  const { refusals, lateReads, heads } = result;
  const calls = result.calls.length;
  json({ seed, rounds, ...report, calls, heads, lateReads, refusals: Object.fromEntries(refusals), missed });
} else {
  process.stdout.write(reportText(result));
}
for (const { rule, what } of report.breaches.slice(0, 20)) tell(`BROKEN ${rule}: ${what}`);
if (report.breaches.length > 20) tell(`… and ${report.breaches.length - 20} more`);
for (const { kind, what } of missed) tell(`MISSED ${kind}: ${what}`);
const isWrong = report.breaches.length > 0 || missed.length > 0 || brokenOff !== undefined;
if (isWrong || values.keep) {
  writeFileSync(
    join(folder, 'calls.jsonl'),
    result.calls.map((call) => `${JSON.stringify(call)}\n`).join(''),
  );
  writeFileSync(join(folder, 'breaches.json'), JSON.stringify({ ...report, missed, brokenOff }, null, 2));
  tell(`kept: ${folder} (node-N.log, node-N/log, calls.jsonl, breaches.json)`);
  tell(`the same plan again: --seed ${seed}`);
} else {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(isWrong ? 1 : 0);

function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) refuse(`${name} ${text}: a whole number from 1 on is needed`);
  return value;
}

function refuse(message: string): never {
  process.stderr.write(`chaos: ${message}\n`);
  process.exit(2);
}
