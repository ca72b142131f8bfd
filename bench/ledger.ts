/**
 * `bench ledger`: durable appends to the segment log, beside a bare file that is written and synced in
 * groups.
 */
import { mkdtemp, open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '../runtime/kernel/index.ts';
import { MemoryKeys } from '../runtime/store/keys/memory-keys.ts';
import { openSegmentLedger } from '../runtime/store/segment/segment-ledger.ts';
import { median, percentile, short } from './report/figure.ts';
import { machineLine } from './report/machine.ts';
import { printJson, progress } from './report/row.ts';
import type { BenchOptions, Row } from './report/row.ts';
import { printTable } from './report/table.ts';

/** Writers that wait for their entry at once, and characters of each payload. */
const CASES = [
  { name: 'one writer', writerCount: 1, payloadLength: 256 },
  { name: '64 writers', writerCount: 64, payloadLength: 256 },
  { name: '1024 writers', writerCount: 1_024, payloadLength: 256 },
  { name: '64 writers, 16 KiB', writerCount: 64, payloadLength: 16_384 },
] as const;

interface Round {
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
}

type Append = (payload: string) => Promise<unknown>;

/** Runs the cases that `names` lists, or all. @throws RangeError for an unknown case */
export async function benchLedger({ json, quick, markdown, names }: BenchOptions): Promise<void> {
  const unknown = names.filter((name) => !CASES.some((kase) => kase.name === name));
  if (unknown.length > 0) {
    throw new RangeError(
      `no case ${unknown.join(', ')}; there are: ${CASES.map(({ name }) => name).join(', ')}`,
    );
  }
  const rows: Row[] = [];
  for (const kase of CASES.filter(({ name }) => names.length === 0 || names.includes(name))) {
    progress(`${kase.name} …`);
    rows.push(...(await runCase(kase, quick)));
  }
  progress('');
  if (json) for (const row of rows) printJson(row);
  else report(rows, markdown);
}

async function runCase(kase: (typeof CASES)[number], quick: boolean): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'witan-bench-'));
  const clock = new SystemClock();
  const ledger = await openSegmentLedger({
    folder: join(folder, 'log'),
    logId: 'bench',
    keys: new MemoryKeys({ clock }),
    clock,
  });
  const bare = new BareFile(await open(join(folder, 'bare'), 'w'));
  const subjects = {
    'segment ledger': (text: string) => ledger.append({ kind: 'event', tenant: 'bench', payload: { text } }),
    'bare file': (text: string) => bare.append(text),
  };
  const rounds: Record<string, Round[]> = {};
  const durationMs = quick ? 500 : 2_000;
  for (let round = 0; round <= (quick ? 2 : 5); round += 1) {
    for (const [subject, append] of Object.entries(subjects)) {
      const measured = await write(append, kase, durationMs);
      // The first round warms up.
      if (round > 0) (rounds[subject] ??= []).push(measured);
    }
  }
  await ledger.close();
  await bare.close();
  await rm(folder, { recursive: true, force: true });
  return rowsOf(kase.name, rounds);
}

async function write(
  append: Append,
  { writerCount, payloadLength }: (typeof CASES)[number],
  durationMs: number,
): Promise<Round> {
  const payload = 'x'.repeat(payloadLength);
  const latenciesMs: number[] = [];
  const startMs = performance.now();
  const writer = async (): Promise<void> => {
    for (let nowMs = performance.now(); nowMs - startMs < durationMs;) {
      await append(payload);
      const doneMs = performance.now();
      latenciesMs.push(doneMs - nowMs);
      nowMs = doneMs;
    }
  };
  await Promise.all(Array.from({ length: writerCount }, writer));
  const elapsedMs = performance.now() - startMs;
  return {
    rate: (latenciesMs.length / elapsedMs) * 1_000,
    p50: percentile(latenciesMs, 0.5),
    p99: percentile(latenciesMs, 0.99),
  };
}

function rowsOf(name: string, rounds: Readonly<Record<string, readonly Round[]>>): Row[] {
  const figure = (subject: string, metric: keyof Round): number =>
    median((rounds[subject] ?? []).map((round) => round[metric]));
  return Object.keys(rounds).flatMap((subject) =>
    (['rate', 'p50', 'p99'] as const).map((metric) => {
      const value = figure(subject, metric);
      const unit = metric === 'rate' ? '/s' : 'ms';
      const row: Row = { bench: 'ledger', case: name, subject, metric, value, unit };
      return subject === 'bare file'
        ? row
        : { ...row, peer: 'bare file', ratio: value / figure('bare file', metric) };
    }),
  );
}

/** Writes what has gathered, syncs, and lets all of it go: no hash, no chain, no index. */
class BareFile {
  readonly #file: FileHandle;
  #waiting: { readonly text: string; readonly done: () => void }[] = [];
  #writing: Promise<void> | undefined;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  append(text: string): Promise<void> {
    return new Promise((done) => {
      this.#waiting.push({ text, done });
      this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
    });
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      await this.#file.write(Buffer.from(group.map(({ text }) => text).join('\n'), 'latin1'));
      await this.#file.datasync();
      for (const { done } of group) done();
      await Promise.resolve();
    }
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }
}

function report(rows: readonly Row[], markdown: boolean): void {
  process.stdout.write(`${machineLine()}\n\n`);
  const lines = rows
    .filter(({ metric }) => metric === 'rate')
    .map((row) => {
      const at = (metric: string): string =>
        short(
          rows.find((one) => one.case === row.case && one.subject === row.subject && one.metric === metric)
            ?.value ?? 0,
        );
      const ratio = row.ratio === undefined ? '' : `${short(row.ratio)}×`;
      return [row.case, row.subject, at('rate'), at('p50'), at('p99'), ratio];
    });
  printTable(['appends', 'subject', 'a second', 'p50 ms', 'p99 ms', '÷ bare file'], lines, markdown);
}
