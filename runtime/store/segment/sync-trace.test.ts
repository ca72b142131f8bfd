import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, suite } from '../../../test/harness.ts';

const test = suite('durability as the system sees it', { limitMs: 60_000 });
const hasStrace = spawnSync('strace', ['-V']).status === 0;
// Some containers forbid tracing altogether.
const canTrace = hasStrace && spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;

const PROGRAM = `
  import { writeSync } from 'node:fs';
  const { openSegmentLedger } = await import('./runtime/store/segment/segment-ledger.ts');
  const { MemoryKeys } = await import('./runtime/store/keys/memory-keys.ts');
  const clock = { monotonicMs: () => 0, wallMs: () => Date.now(), setTimer: () => ({ cancel() {} }) };
  const keys = new MemoryKeys({ clock });
  const options = { folder: process.env.FOLDER, logId: 'traced', clock, keys, segmentBytes: 65536 };
  const ledger = await openSegmentLedger(options);
  for (let at = 0; at < 25; at += 1) {
    await ledger.append({ kind: 'event', tenant: 'acme', payload: { at, pad: 'x'.repeat(4000) } });
    writeSync(1, 'acknowledged ' + at + '\\n');
  }
  await ledger.close();
`;

interface Call {
  name: string;
  file: string;
  isAcknowledgement: boolean;
}

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
    return [{ name, file: file!, isAcknowledgement: text.includes('"acknowledged ') }];
  });
}

if (canTrace) {
  test('strace: each acknowledgement follows a write and a later fdatasync of a segment', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'witan-trace-'));
    try {
      const output = join(folder, 'trace');
      const calls = ['-f', '-y', '-e', 'trace=pwrite64,write,fdatasync,fsync', '-s', '32', '-o', output];
      const node = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', PROGRAM];
      const child = spawn('strace', [...calls, ...node], {
        cwd: join(import.meta.dirname, '../../..'),
        env: { ...process.env, FOLDER: join(folder, 'log') },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let errors = '';
      child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
      const code = await new Promise((done) => child.on('close', done));
      assert.is(code, 0, errors);
      let written = 0;
      let synced = 0;
      let acknowledged = 0;
      for (const { name, file, isAcknowledgement } of callsOf(readFileSync(output, 'utf8'))) {
        const isSegment = /\/\d{10}\.seg$/.test(file);
        if (isSegment && name === 'pwrite64') written += 1;
        if (isSegment && name === 'fdatasync' && written > 0) {
          synced += 1;
          written = 0;
        }
        if (!isAcknowledgement) continue;
        acknowledged += 1;
        assert.is(written, 0, `acknowledgement ${acknowledged} with unsynced writes`);
        assert.ok(synced >= acknowledged, `${synced} syncs before acknowledgement ${acknowledged}`);
      }
      assert.is(acknowledged, 25);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
} else {
  test.skip(
    'strace: each acknowledgement follows an fdatasync',
    hasStrace ? 'tracing is forbidden here' : 'strace is not installed',
  );
}
