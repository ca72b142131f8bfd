import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, suite } from '../../../../test/harness.ts';
import { SOURCE_FLAGS } from '../../../../test/source-flags.ts';

const test = suite('keys of subjects as the system sees them', { limitMs: 180_000 });
const hasStrace = spawnSync('strace', ['-V']).status === 0;
// Some containers forbid tracing altogether.
const canTrace = hasStrace && spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;

const PROGRAM = `
  import { writeSync } from 'node:fs';
  const { FileSubjectKeyStore } = await import('./runtime/store/crypto/subjects/file-subject-key-store.ts');
  const { openSubjectVault } = await import('./runtime/store/crypto/subjects/subject-vault.ts');
  const { openCrypto } = await import('./runtime/store/crypto/open-crypto.ts');
  const { MemoryKms } = await import('./runtime/store/keys/kms/memory-kms.ts');
  const clock = { monotonicMs: () => 0, wallMs: () => Date.now(), setTimer: () => ({ cancel() {} }) };
  const aead = await openCrypto({ postQuantum: false }).aead('aes-256-gcm');
  const store = new FileSubjectKeyStore(process.env.FOLDER);
  const vault = await openSubjectVault({ store, kms: new MemoryKms(clock), aead, clock });
  for (let at = 0; at < 10; at += 1) {
    const scope = { tenant: 'acme', subject: 'person ' + at, purpose: 'decision' };
    await vault.seal(scope, new Uint8Array(1));
    writeSync(1, 'sealed ' + at + '\\n');
    await vault.destroy({ ...scope, reason: 'test', approvedBy: 'test' });
    writeSync(1, 'destroyed ' + at + '\\n');
  }
  await vault.close();
`;

if (canTrace) {
  test('strace: a key is synced before its use, a note before the zeros, the zeros before the answer', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'witan-trace-'));
    try {
      const output = join(folder, 'trace');
      const calls = ['-f', '-y', '-e', 'trace=pwrite64,write,fdatasync,fsync', '-s', '40', '-o', output];
      const node = [process.execPath, ...SOURCE_FLAGS, '--input-type=module', '-e', PROGRAM];
      const child = spawn('strace', [...calls, ...node], {
        cwd: join(import.meta.dirname, '../../../..'),
        env: { ...process.env, FOLDER: join(folder, 'subjects') },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let errors = '';
      child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
      assert.is(await new Promise((done) => child.on('close', done)), 0, errors);
      const steps = readFileSync(output, 'utf8').split('\n').flatMap(stepOf);
      // After the opening: key, sync, answer; note, sync, zeros, sync, answer.
      const round = ['key', 'sync', 'sealed', 'destroyed-note', 'sync', 'zeros', 'sync', 'destroyed'];
      const from = steps.indexOf('key');
      assert.equal(steps.slice(from), Array.from({ length: 10 }, () => round).flat());
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
} else {
  test.skip(
    'strace: a key is synced before its first use',
    hasStrace ? 'tracing is forbidden here' : 'strace is not installed',
  );
}

/** What a line of the trace did to the file of slots, or told the reader of standard output. */
function stepOf(line: string): string[] {
  const told = /write\(1<.*?"(sealed|destroyed) /.exec(line);
  if (told) return [told[1]!];
  // A call of another thread may be told in two lines; its arguments stand on the first.
  if (!line.includes('/slots-')) return [];
  if (line.includes('fdatasync(')) return ['sync'];
  if (!line.includes('pwrite64(')) return [];
  if (line.includes('\\"kind\\":\\"key\\"')) return ['key'];
  return [line.includes('\\"kind\\":\\"destroyed\\"') ? 'destroyed-note' : 'zeros'];
}
