/** What a sealed ledger gives back for its appends: the places of the record, the words of the caller. */
import { decisionId } from '../conformance/ledger.ts';
import { assert, suite } from '../harness.ts';
import { loadSettings } from '../../config/loader.ts';
import type { Decision } from '../../contracts/messages/decision.ts';
import { openSubjectKeys, sealedLedger } from '../../runtime/host/record/open-privacy.ts';
import { SimClock } from '../../runtime/kernel/sim/sim-clock.ts';
import { openCrypto } from '../../runtime/store/crypto/open-crypto.ts';
import { MemoryKeys } from '../../runtime/store/keys/memory-keys.ts';
import { MemoryDisk } from '../../runtime/store/segment/memory-disk.ts';
import { openSegmentLedger } from '../../runtime/store/segment/segment-ledger.ts';
import { finalOf, openedOf } from './recorded-decision.ts';

const test = suite('receipts of the sealed ledger', { limitMs: 20_000 });

test('index, leaf hash and log are those of the record, for sealed entries and repeated ones', async () => {
  const clock = new SimClock();
  const keys = new MemoryKeys({ clock, seed: 'sealed' });
  const { settings } = loadSettings({ env: {} });
  const segments = await openSegmentLedger({
    folder: '/log',
    logId: 'log',
    clock,
    keys,
    fs: new MemoryDisk(),
  });
  const crypto = openCrypto({ postQuantum: settings.crypto.postQuantum });
  const subjectKeys = await openSubjectKeys({ settings, folder: null, clock, crypto });
  const ledger = sealedLedger(segments, subjectKeys, { settings, clock });
  const request = { type: 'chat', text: 'Ann Marker asks' };
  const plain = { decisionId: decisionId(1), digest: 'sha256:0', tenant: 'acme', request };
  const decision = await ledger.conceal(plain as unknown as Decision);
  const opening = {
    kind: 'opened' as const,
    tenant: 'acme',
    decisionId: decisionId(1),
    payload: openedOf(decision),
  };
  const ending = { ...opening, kind: 'final' as const, payload: finalOf(decision, 'Ann Marker asks') };
  for (const [index, input] of [opening, ending].entries()) {
    const first = await ledger.append(input);
    const recorded = (await segments.entry(index))!;
    assert.is(first.index, index);
    assert.is(first.logId, 'log');
    assert.is(first.leafHash, recorded.leafHash);
    assert.is(first.entry.leafHash, recorded.leafHash);
    assert.not(recorded.canonical.includes('Ann Marker'));
    assert.ok(JSON.stringify(first.entry.payload).includes('Ann Marker'));
    // Whoever submits the same again has another salt: the first entry wins all the same.
    const repeated = await ledger.conceal(plain as unknown as Decision);
    const again = await ledger.append(index === 0 ? { ...opening, payload: openedOf(repeated) } : input);
    assert.not(again.appended);
    assert.is(again.index, index);
    assert.is(again.leafHash, recorded.leafHash);
    assert.ok(JSON.stringify(again.entry.payload).includes('Ann Marker'));
  }
  await ledger.close();
});
