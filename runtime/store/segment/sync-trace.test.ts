import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, suite } from '../../../test/harness.ts';
import { SOURCE_FLAGS } from '../../../test/source-flags.ts';

const test = suite('durability as the system sees it', { limitMs: 180_000 });
const hasStrace = spawnSync('strace', ['-V']).status === 0;
// Some containers forbid tracing altogether.
const canTrace = hasStrace && spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;

const PROGRAM = `
  import { writeSync } from 'node:fs';
  const { openSegmentLedger } = await import('./runtime/store/segment/segment-ledger.ts');
  const { MemoryKeys } = await import('./runtime/store/keys/memory-keys.ts');
  const clock = { monotonicMs: () => 0, wallMs: () => Date.now(), setTimer: () => ({ cancel() {} }) };
  const keys = new MemoryKeys({ clock });
  const { FOLDER: folder, WRITERS: writerCount } = process.env;
  const onThread = writerCount !== '1';
  const options = { folder, logId: 'traced', clock, keys, segmentBytes: 65536, onThread };
  const ledger = await openSegmentLedger(options);
  const writer = async () => {
    for (let at = 0; at < 25; at += 1) {
      await ledger.append({ kind: 'event', tenant: 'acme', payload: { at, pad: 'x'.repeat(4000) } });
      writeSync(1, 'acknowledged ' + at + '\\n');
    }
  };
  await Promise.all(Array.from({ length: Number(writerCount) }, writer));
  await ledger.close();
`;

interface Call {
  name: string;
  file: string;
  /** Bytes written. */
  byteLength: number;
  isAcknowledgement: boolean;
}

const ENTRIES = 25;
/** Bytes that a frame of the program's entries has, give or take a few digits. */
const FRAME_BYTES = 4_276;

/** Calls in the order in which they ended; strace splits calls of several threads into two lines. */
function callsOf(trace: string): Call[] {
  const unfinished = new Map<string, string>();
  return trace.split('\n').flatMap((line) => {
    const [, thread, rest] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    if (!thread || rest === undefined) return [];
    if (rest.endsWith('<unfinished ...>')) {
      unfinished.set(thread, rest);
      return [];
    }
    const text = rest.startsWith('<... ') ? `${unfinished.get(thread) ?? ''}${rest}` : rest;
    const [, name, file] = /^(\w+)\(\d+<([^>]*)>/.exec(text) ?? [];
    if (!name || / = -1 /.test(text)) return [];
    const byteLength = Number(/ = (\d+)$/.exec(text)?.[1] ?? 0);
    return [{ name, file: file!, byteLength, isAcknowledgement: text.includes('"acknowledged ') }];
  });
}

/** Calls of a process in which so many writers append at once. */
async function tracedCalls(writerCount: number): Promise<Call[]> {
  const folder = mkdtempSync(join(tmpdir(), 'witan-trace-'));
  try {
    const output = join(folder, 'trace');
    const calls = ['-f', '-y', '-e', 'trace=pwrite64,write,fdatasync,fsync', '-s', '32', '-o', output];
    const node = [process.execPath, ...SOURCE_FLAGS, '--input-type=module', '-e', PROGRAM];
    const child = spawn('strace', [...calls, ...node], {
      cwd: join(import.meta.dirname, '../../..'),
      env: { ...process.env, FOLDER: join(folder, 'log'), WRITERS: String(writerCount) },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const code = await new Promise((done) => child.on('close', done));
    assert.is(code, 0, errors);
    return callsOf(readFileSync(output, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (canTrace) {
  for (const writerCount of [1, 16]) {
    const name = writerCount === 1 ? 'one writer' : `${writerCount} writers, on the log's thread`;
    test(`strace: each acknowledgement follows a write and a later fdatasync of a segment (${name})`, async () => {
      let written = 0;
      let synced = 0;
      let acknowledged = 0;
      for (const { name: call, file, byteLength, isAcknowledgement } of await tracedCalls(writerCount)) {
        const isSegment = /\/\d{10}\.seg$/.test(file);
        if (isSegment && call === 'pwrite64') written += Math.round(byteLength / FRAME_BYTES);
        // Nothing is written to a segment while it is synced: its end covers all that was written before it.
        if (isSegment && call === 'fdatasync') synced = written;
        if (!isAcknowledgement) continue;
        acknowledged += 1;
        assert.ok(synced >= acknowledged, `${synced} entries synced before acknowledgement ${acknowledged}`);
      }
      assert.equal([acknowledged, synced], [ENTRIES * writerCount, ENTRIES * writerCount]);
    });
  }
} else {
  test.skip(
    'strace: each acknowledgement follows an fdatasync',
    hasStrace ? 'tracing is forbidden here' : 'strace is not installed',
  );
}
