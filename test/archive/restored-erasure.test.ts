/**
 * A node restored from keys of before an erasure destroys again what was erased since: nobody gets back what
 * was erased, whichever time is restored.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost, loadSettings, verifyLogFolder } from '../../index.ts';
import type { Host } from '../../index.ts';
import { PinnedKey } from '../../contracts/messages/decision-proof.ts';
import type { ErasureView } from '../../contracts/messages/privacy/erasure.ts';
import { createBackup, restoreBackupAt } from '../../runtime/host/archive/backup-tools.ts';
import { FileSubjectKeyStore } from '../../runtime/store/crypto/subjects/file-subject-key-store.ts';
import { assert, suite } from '../harness.ts';
import { findIn } from '../privacy/marker-search.ts';

const test = suite('erasures of a restored node', { limitMs: 240_000 });
const NAME = 'Xyloquen Vardemoor';
const PLACE = { prefix: 'backup', label: 'test' };

async function asked<T>(host: Host, path: string, body?: unknown): Promise<T> {
  const answer = await fetch(`${host.address!.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return (await answer.json()) as T;
}

async function erase(host: Host, choice: object): Promise<void> {
  let view = await asked<ErasureView>(host, '/api/v1/erasure/request', { ...choice, reason: 'asked for' });
  while (view.state !== 'done') view = await asked<ErasureView>(host, `/api/v1/erasure/${view.erasureId}`);
}

test('a person and a decision stay erased, to the time before and to the newest; others are read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'witan-restored-'));
  const [dataDir, address] = [join(folder, 'data'), join(folder, 'store')];
  const code = { archive: { enabled: false }, record: { segmentBytes: 1_048_576 }, grpc: { enabled: false } };
  const { settings } = loadSettings({ code, env: {} });
  const keyFile = join(folder, 'archive-key.json');
  const hosts: Host[] = [];
  const start = async (at: string): Promise<Host> => {
    const host = await createHost({ dataDir: at, settings: { ...code, http: { port: 0 } } });
    hosts.push(host);
    await host.start();
    return host;
  };
  const decide = async (host: Host, text: string, subjects: string[]): Promise<string> => {
    const { body } = await host.submit({ type: 'chat', council: 'always', text, subjects });
    return body.decisionId;
  };
  try {
    const first = await start(dataDir);
    cpSync(join(dataDir, 'keys', 'archive-key.json'), keyFile);
    const ofPerson = await decide(first, `${NAME} asks`, ['patient-1']);
    const ofDecision = await decide(first, `${NAME} asks again`, []);
    const kept = await decide(first, 'somebody else asks', ['patient-2']);
    await first.stop();
    const copied = await createBackup({ ...PLACE, settings, dataDir, address });

    const second = await start(dataDir);
    await erase(second, { subject: 'patient-1' });
    await erase(second, { decisionId: ofDecision });
    await second.stop();
    // The backup dies between the log, which has the certificates, and the keys: their copy is from before.
    let isCut = false;
    const step = (name: string): void => {
      if (name !== 'backup:subjects-put') return;
      isCut = true;
      throw new Error('crash');
    };
    await createBackup({ ...PLACE, settings, dataDir, address, step }).catch(() => undefined);
    assert.ok(isCut);

    const before = Date.parse(copied.createdAt) + 1;
    for (const [name, atWallMs] of [
      ['before', before],
      ['newest', undefined],
    ] as const) {
      const to = join(folder, name);
      const report = await restoreBackupAt({ settings, address, prefix: 'backup', to, atWallMs, keyFile });
      assert.is(report.size < report.knownSize, name === 'before');
      assert.ok(report.destroyedCount >= 1, 'the key of the person is gone before anything starts');
      const host = await start(to);
      for (const decisionId of [ofPerson, ofDecision]) {
        const view = await host.readDecision(decisionId as never);
        assert.is(view.input, 'erased', `${name}: ${decisionId}`);
        assert.equal(findIn(Buffer.from(JSON.stringify(view)), [NAME]), []);
      }
      const other = await host.readDecision(kept as never);
      assert.is(other.request.text, 'somebody else asks');
      await host.stop();
      assert.not.ok(existsSync(join(to, 'restored.json')));
      const pinned = PinnedKey.parse(JSON.parse(readFileSync(join(to, 'verify-key.json'), 'utf8')));
      assert.is((await verifyLogFolder(to, pinned)).ok, true);
      // Destroyed for good: not merely passed over.
      const store = new FileSubjectKeyStore(join(to, 'subject-keys'));
      const { destroyed } = await store.load();
      await store.close();
      assert.ok(destroyed.length >= 2);
    }
  } finally {
    for (const host of hosts) await host.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
