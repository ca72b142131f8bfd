/** `witan proof`, `verify FILE.tlog-proof`, `fsck` and `hammer` as a user runs them, with their exit codes. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost } from '../../index.ts';
import { witanCommand } from '../doors/witan-command.ts';
import { assert, suite } from '../harness.ts';

const test = suite('the log on the command line', { limitMs: 180_000 });
let folder = '';
let dataDir = '';
let decisionId = '';

function witan(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...witanCommand(), ...args], (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });
}

test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'witan-cli-log-'));
  dataDir = join(folder, 'data');
  const host = await createHost({ dataDir, http: false });
  await host.start();
  const verdict = await host.submit({ type: 'chat', text: 'What is the capital of Portugal?' });
  ({ decisionId } = verdict.body);
  await host.stop();
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

test('a transparent proof is written, verified under a policy, and refused when anything is changed', async () => {
  const file = join(folder, 'verdict.tlog-proof');
  const entry = join(folder, 'entry.json');
  const made = await witan(
    'proof',
    decisionId,
    '--tlog-proof',
    '--out',
    file,
    '--entry-out',
    entry,
    '--data-dir',
    dataDir,
  );
  assert.is(made.code, 0, made.err);
  const policy = join(dataDir, 'trust-policy.txt');
  const good = await witan('verify', file, '--policy', policy, '--entry', entry);
  assert.is(good.code, 0, good.out + good.err);
  assert.match(good.out, /verified entry #\d+ of witan\/node-1/);
  const byKey = await witan(
    'verify',
    file,
    '--key',
    join(dataDir, 'verify-key.json'),
    '--entry',
    entry,
    '--json',
  );
  assert.is(byKey.code, 0, byKey.err);
  assert.is((JSON.parse(byKey.out) as { ok: boolean }).ok, true);
  writeFileSync(entry, readFileSync(entry, 'utf8').replace('"final"', '"finaL"'));
  const changed = await witan('verify', file, '--policy', policy, '--entry', entry);
  assert.is(changed.code, 7);
  assert.match(changed.out, /NOT verified: inclusion/);
  const stranger = await witan('verify', file, '--key', 'ab'.repeat(32), '--entry', entry);
  assert.is(stranger.code, 7);
  assert.match(stranger.out, /signature/);
  const embedded = join(folder, 'embedded.tlog-proof');
  await witan('proof', decisionId, '--tlog-proof', '--embed', '--out', embedded, '--data-dir', dataDir);
  assert.is((await witan('verify', embedded, '--policy', policy)).code, 0);
  assert.is((await witan('proof', '999999', '--tlog-proof', '--data-dir', dataDir)).code, 3);
  assert.is((await witan('proof', 'x', '--data-dir', dataDir)).code, 2);
});

test('fsck: 0 for a whole log, 7 with the place of the damage', async () => {
  const whole = await witan('fsck', '--data-dir', dataDir, '--deep', '--json');
  assert.is(whole.code, 0, whole.out + whole.err);
  const check = JSON.parse(whole.out) as { ok: boolean; ballotCount: number; size: number };
  assert.ok(check.ok && check.size > 5);
  const segment = join(dataDir, 'log', '0000000000.seg');
  const bytes = readFileSync(segment);
  const at = bytes.indexOf('"kind":"final"');
  bytes[at + 40]! ^= 1;
  writeFileSync(segment, bytes);
  const broken = await witan('fsck', '--data-dir', dataDir);
  assert.is(broken.code, 7, broken.out + broken.err);
  assert.match(broken.out, new RegExp(`bytes at segment 0, offset \\d+, entry #\\d+ of ${decisionId}`));
  bytes[at + 40]! ^= 1;
  writeFileSync(segment, bytes);
});

test('hammer: a short run on a log of its own finds nothing', async () => {
  const { code, out, err } = await witan('hammer', '--seconds', '1', '--producers', '8', '--json');
  assert.is(code, 0, out + err);
  const report = JSON.parse(out) as { appended: number; proven: number; violations: string[] };
  assert.ok(report.appended > 0 && report.proven > 0);
  assert.equal(report.violations, []);
  assert.is((await witan('hammer', '--seconds', '0')).code, 2);
});
