/**
 * Runs test files, each in its own process, and prints `N passed, N failed, N skipped` alone on the last
 * line.
 *
 *     node --import tsx test/run.ts [--jobs N] [--limit SECONDS] FILE|FOLDER …
 *
 * A file fails when it declares no test, cannot be imported, leaves the process with another code, or
 * outlives
 * its limit. Folders are searched for `*.test.ts`.
 *
 * Properties draw from a fixed seed, so that a red run is about the change in it; `FC_SEED=random` looks
 * for new counterexamples, and a number repeats one.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { declaredSuites } from './harness.ts';
import { LONG_FILES } from './long-files.ts';
import { SOURCE_FLAGS } from './source-flags.ts';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

type QueuedSuite = () => Promise<[errors: string | true, ran: number, skips: number, total: number]>;

const ROOT = resolve(import.meta.dirname, '..');
const IN_CHILD = process.env['WITAN_TEST_REPORT'];

if (IN_CHILD) await runFile(process.argv[2]!, IN_CHILD);
else await runAll(process.argv.slice(2));

/** In the child: imports one file, runs all suites it declared, writes the counts to `reportFile`. */
async function runFile(file: string, reportFile: string): Promise<void> {
  const globals = globalThis as unknown as { UVU_QUEUE: (QueuedSuite | null)[][] };
  await import(pathToFileURL(resolve(file)).href);
  await seedProperties(file);
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const declared of declaredSuites()) {
    for (const skip of declared.skipped)
      process.stdout.write(`  skipped: ${declared.name} › ${skip.name} (${skip.reason})\n`);
    counts.skipped += declared.skipped.length;
    if (declared.testCount === 0) continue;
    globals.UVU_QUEUE = [[null]];
    declared.run();
    for (const queued of globals.UVU_QUEUE[0]!) {
      if (!queued) continue;
      const [errors, ran, skips, total] = await queued();
      process.stdout.write('\n');
      if (errors !== true) process.stdout.write(`${errors}\n`);
      counts.passed += ran;
      counts.skipped += skips;
      counts.failed += Math.max(total - ran, errors === true ? 0 : 1);
    }
  }
  writeFileSync(reportFile, JSON.stringify(counts));
  process.exit(counts.failed > 0 ? 1 : 0);
}

/** Sets the seed of fast-check where the file uses it; loading it everywhere would cost each file. */
async function seedProperties(file: string): Promise<void> {
  const seed = process.env['FC_SEED'] ?? '20261122';
  if (seed === 'random' || !readFileSync(file, 'utf8').includes("from 'fast-check'")) return;
  const { configureGlobal } = await import('fast-check');
  configureGlobal({ seed: Number(seed) });
}

async function runAll(args: string[]): Promise<void> {
  const jobs = Number(takeOption(args, '--jobs') ?? 2);
  const limitMs = Number(takeOption(args, '--limit') ?? 300) * 1_000;
  const files = findTests(args.length > 0 ? args : ['.']);
  const folder = mkdtempSync(join(tmpdir(), 'witan-test-'));
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  const queue = files.map((file, index) => ({ file, report: join(folder, `${index}.json`) }));
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const counts = await runChild(next.file, next.report, limitMs);
      total.passed += counts.passed;
      total.failed += counts.failed;
      total.skipped += counts.skipped;
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, jobs) }, work));
  rmSync(folder, { recursive: true, force: true });
  if (files.length === 0) {
    process.stdout.write('no test file was found\n');
    total.failed += 1;
  }
  process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
  process.exit(total.failed > 0 ? 1 : 0);
}

function runChild(file: string, report: string, limitMs: number): Promise<Counts> {
  const started = performance.now();
  return new Promise((done) => {
    const child = spawn(process.execPath, ['--expose-gc', ...SOURCE_FLAGS, import.meta.filename, file], {
      env: { ...process.env, WITAN_TEST_REPORT: report, FORCE_COLOR: process.stdout.isTTY ? '1' : '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const limit = setTimeout(() => child.kill('SIGKILL'), limitMs);
    child.on('close', (code, signal) => {
      clearTimeout(limit);
      const counts = readCounts(report);
      const seconds = ((performance.now() - started) / 1_000).toFixed(1);
      const verdict = judge(counts, code, signal, limitMs);
      const line = `${verdict ? 'FAIL' : 'ok  '} ${relative(process.cwd(), file)} (${seconds} s)`;
      process.stdout.write(`${line}${verdict ? `: ${verdict}\n${output}` : ''}\n`);
      if (!verdict && counts && counts.skipped > 0)
        process.stdout.write(output.match(/^ {2}skipped: .*$/gm)?.join('\n') + '\n');
      done(
        verdict && (!counts || counts.failed === 0)
          ? { passed: counts?.passed ?? 0, failed: 1, skipped: counts?.skipped ?? 0 }
          : counts!,
      );
    });
  });
}

function judge(
  counts: Counts | undefined,
  code: number | null,
  signal: string | null,
  limitMs: number,
): string {
  if (signal === 'SIGKILL') return `stopped after ${limitMs / 1_000} s`;
  if (!counts) return `left with ${code ?? signal} before its tests ended`;
  if (counts.passed + counts.failed + counts.skipped === 0) return 'declares no test';
  if (counts.failed > 0) return `${counts.failed} failed`;
  return code === 0 ? '' : `left with ${code ?? signal}`;
}

function readCounts(report: string): Counts | undefined {
  try {
    return JSON.parse(readFileSync(report, 'utf8')) as Counts;
  } catch {
    return undefined;
  }
}

function findTests(places: string[]): string[] {
  const files = places.flatMap((place) => (statSync(place).isDirectory() ? testsUnder(place) : [place]));
  const found = [...new Set(files.map((file) => resolve(file)))].sort();
  const long = LONG_FILES.map((file) => resolve(ROOT, file)).filter((file) => found.includes(file));
  return [...long, ...found.filter((file) => !long.includes(file))];
}

function testsUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith('.') || entry.name === 'node_modules' || entry.name === 'dist') return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return testsUnder(path);
    return entry.name.endsWith('.test.ts') ? [path] : [];
  });
}

function takeOption(args: string[], name: string): string | undefined {
  const at = args.indexOf(name);
  return at < 0 ? undefined : args.splice(at, 2)[1];
}
