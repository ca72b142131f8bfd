/** What every ledger must do. */
import { verifyProof } from '../../contracts/ledger/verify-proof.ts';
import { parseNote, verifyNote, type LogKey } from '../../contracts/ledger/checkpoint.ts';
import { canonicalJson } from '../../contracts/ledger/canonical-json.ts';
import { concatBytes, fromHex, toHex } from '../../contracts/ledger/bytes.ts';
import {
  nodeHash,
  splitPoint,
  verifyConsistency,
  verifyInclusion,
} from '../../contracts/ledger/tree/merkle.ts';
import { parseEntry } from '../../contracts/ledger/leaf.ts';
import type { DecisionId } from '../../contracts/messages/ids.ts';
import { sha256 } from '../../runtime/kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../runtime/kernel/crypto/ed25519.ts';
import type { LedgerEntryInput, LedgerPort } from '../../runtime/kernel/ports/ledger.ts';
import { assert, suite } from '../harness.ts';
import { assertFails, collect, withPort } from './fixture.ts';
import type { MakePort, PortFixture } from './fixture.ts';

/** Fixture with the key that signs the log's checkpoints. */
export interface LedgerFixture extends PortFixture<LedgerPort> {
  logKey(): LogKey;
}

/** Id of a decision by number. */
export const decisionId = (number: number): DecisionId =>
  `d${number.toString(16).padStart(32, '0')}` as DecisionId;

/** `opened` entry of a decision whose subject is `digest`. */
export function opened(number: number, digest = 'a'): LedgerEntryInput {
  const payload = { terms: { decisionDigest: `sha256:${digest.repeat(64)}` }, number };
  return { kind: 'opened', tenant: 'acme', decisionId: decisionId(number), payload };
}

/** `final` entry of a decision. */
export function final(number: number, outcome = 'approved'): LedgerEntryInput {
  return { kind: 'final', tenant: 'acme', decisionId: decisionId(number), payload: { body: { outcome } } };
}

const event = (payload: unknown): LedgerEntryInput => ({ kind: 'event', tenant: 'acme', payload });
const crypto = { sha256, verifyEd25519 };

/** Appends events at once; gives the leaf hashes of the log. */
async function appendMany(ledger: LedgerPort, count: number): Promise<Uint8Array[]> {
  const inputs = Array.from({ length: count }, (_, at) => event({ at }));
  const receipts = await Promise.all(inputs.map((input) => ledger.append(input)));
  return receipts.map(({ leafHash }) => fromHex(leafHash.slice('sha256:'.length)));
}

/** RFC 6962 §2.1, word by word. */
function rootOf(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return leaves[0]!;
  const split = splitPoint(leaves.length);
  return nodeHash(rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)), sha256);
}

/** Declares the suite for one implementation. */
export function ledgerConformance(name: string, makePort: MakePort<LedgerPort, LedgerFixture>): void {
  const test = suite(`ledger conformance: ${name}`, { limitMs: 20_000 });
  const check = (title: string, body: (ledger: LedgerPort, fixture: LedgerFixture) => Promise<void>): void =>
    test(title, () => withPort(makePort, body));

  check('entries take their places in the order of the calls, without gaps', async (ledger) => {
    assert.is(ledger.size(), 0);
    const receipts = await Promise.all(Array.from({ length: 50 }, (_, at) => ledger.append(event({ at }))));
    receipts.forEach((receipt, at) => {
      assert.is(receipt.index, at);
      assert.ok(receipt.appended);
      assert.equal(receipt.entry.payload, { at });
      assert.is(receipt.logId, ledger.logId);
    });
    assert.is(ledger.size(), 50);
    const all = await collect(ledger.read(0));
    assert.equal(
      all.map((entry) => entry.index),
      Array.from({ length: 50 }, (_, at) => at),
    );
    assert.equal(
      (await collect(ledger.read(47))).map((entry) => entry.payload),
      [{ at: 47 }, { at: 48 }, { at: 49 }],
    );
    assert.equal(await collect(ledger.read(50)), []);
  });

  check('an entry is read back as it was given out, in canonical form', async (ledger) => {
    const payload = { z: 1, a: ['€', '\ud83d\ude00', null, true, -0.5], nested: { b: {}, a: [] } };
    const { entry } = await ledger.append({
      ...opened(1),
      payload: { ...payload, terms: { decisionDigest: 'x' } },
    });
    const read = (await ledger.entry(0))!;
    for (const field of [
      'index',
      'kind',
      'tenant',
      'decisionId',
      'leafHash',
      'chainHash',
      'canonical',
      'atWallMs',
    ] as const) {
      assert.is(read[field], entry[field], field);
    }
    assert.equal(read.payload, entry.payload);
    assert.is(canonicalJson(parseEntry(read.canonical)), read.canonical);
    assert.is(await ledger.entry(1), undefined);
    assert.is(await ledger.entry(-1), undefined);
  });

  check('later changes of the payload by its writer do not reach the log', async (ledger) => {
    const payload = { list: ['first'] };
    const appended = ledger.append(event(payload));
    payload.list[0] = 'changed';
    const { entry } = await appended;
    payload.list.push('changed');
    assert.equal(entry.payload, { list: ['first'] });
    assert.equal((await ledger.entry(0))!.payload, { list: ['first'] });
  });

  check('text and payload of an entry can be read again and again, and go into its JSON', async (ledger) => {
    const { entry } = await ledger.append(event({ a: 1 }));
    for (let turn = 0; turn < 2; turn += 1) {
      assert.equal(entry.payload, { a: 1 });
      assert.equal((JSON.parse(entry.canonical) as { payload: unknown }).payload, { a: 1 });
    }
    assert.is(entry.payload, entry.payload);
    const { payload, canonical } = JSON.parse(JSON.stringify(entry)) as typeof entry;
    assert.equal([payload, canonical], [{ a: 1 }, entry.canonical]);
  });

  check('of two openings the first wins; another subject is a conflict', async (ledger) => {
    const first = await ledger.append(opened(1));
    const second = await ledger.append({
      ...opened(1),
      payload: { ...(opened(1).payload as object), later: true },
    });
    assert.not(second.appended);
    assert.is(second.index, first.index);
    assert.is(second.leafHash, first.leafHash);
    assert.is(second.entry.canonical, first.entry.canonical);
    const error = await assertFails(() => ledger.append(opened(1, 'b')), 'conflict');
    assert.is(error.details['decisionId'], decisionId(1));
    assert.is(ledger.size(), 1);
  });

  check('of two finals the first wins, also when both are in flight', async (ledger) => {
    await ledger.append(opened(1));
    const outcomes = ['approved', 'held', 'rejected'];
    const receipts = await Promise.all(outcomes.map((outcome) => ledger.append(final(1, outcome))));
    assert.equal(
      receipts.map((receipt) => receipt.appended),
      [true, false, false],
    );
    for (const receipt of receipts) {
      assert.is(receipt.index, 1);
      assert.equal(receipt.entry.payload, { body: { outcome: 'approved' } });
    }
    assert.not((await ledger.append(final(1, 'rejected'))).appended);
    assert.is(ledger.size(), 2);
  });

  check('openings in flight: same subject joins, another conflicts', async (ledger) => {
    const results = await Promise.allSettled([
      ledger.append(opened(1)),
      ledger.append(opened(1)),
      ledger.append(opened(1, 'b')),
    ]);
    assert.equal(
      results.map((result) => result.status),
      ['fulfilled', 'fulfilled', 'rejected'],
    );
    assert.is(ledger.size(), 1);
  });

  check('entries of a decision come in log order, others stay out', async (ledger) => {
    await ledger.append(opened(1));
    await ledger.append(opened(2));
    await ledger.append(final(1));
    const resolution = { finalIndex: 2, action: 'approve' };
    for (let times = 0; times < 2; times += 1) {
      await ledger.append({
        kind: 'resolution',
        tenant: 'acme',
        decisionId: decisionId(1),
        payload: resolution,
      });
    }
    const entries = await ledger.byDecision(decisionId(1));
    assert.equal(
      entries.map((entry) => [entry.index, entry.kind]),
      [
        [0, 'opened'],
        [2, 'final'],
        [3, 'resolution'],
        [4, 'resolution'],
      ],
    );
    assert.equal(await ledger.byDecision(decisionId(3)), []);
  });

  check('every proof verifies under the pinned key, also when the log has grown', async (ledger, fixture) => {
    for (let at = 0; at < 7; at += 1) await ledger.append(event({ at }));
    const early = await ledger.proof(3);
    for (let at = 7; at < 20; at += 1) await ledger.append(event({ at }));
    for (let at = 0; at < 20; at += 1) {
      const proof = at === 3 ? early : await ledger.proof(at);
      const verified = verifyProof(JSON.parse(JSON.stringify(proof)), [fixture.logKey()], crypto);
      assert.is(verified.mismatch, null);
      assert.is(verified.entry!.index, at);
    }
    await assertFails(() => ledger.proof(20), 'not_found');
  });

  check(
    'tiles hold the leaf hashes, and those of the level above the roots of whole tiles',
    async (ledger) => {
      const leaves = await appendMany(ledger, 300);
      const hex = async (level: number, index: number, width: number): Promise<string> =>
        toHex(await ledger.tile(level, index, width));
      assert.is(await hex(0, 0, 256), toHex(concatBytes(...leaves.slice(0, 256))));
      assert.is(await hex(0, 1, 44), toHex(concatBytes(...leaves.slice(256))));
      assert.is(await hex(1, 0, 1), toHex(rootOf(leaves.slice(0, 256))));
      for (const [level, index, width] of [
        [0, 1, 45],
        [1, 0, 2],
        [1, 1, 1],
        [2, 0, 1],
        [0, 0, 0],
        [0, 0, 257],
        [0, -1, 1],
        [0.5, 0, 1],
        [9, 0, 1],
      ] as const) {
        await assertFails(() => ledger.tile(level, index, width), 'not_found');
      }
    },
  );

  check('paths between any sizes that the log had are those of its leaves', async (ledger) => {
    const leaves = await appendMany(ledger, 70);
    const root = (size: number): Uint8Array => rootOf(leaves.slice(0, size));
    for (const [index, size] of [
      [0, 1],
      [0, 70],
      [33, 64],
      [69, 70],
    ] as const) {
      const path = (await ledger.inclusion(index, size)).map(fromHex);
      const claim = { index, size, leafHash: leaves[index]!, root: root(size), path };
      assert.ok(verifyInclusion(claim, sha256), `${index} of ${size}`);
    }
    await assertFails(() => ledger.inclusion(5, 5), 'not_found');
    await assertFails(() => ledger.inclusion(5, 71), 'not_found');
    for (const [fromSize, toSize] of [
      [1, 1],
      [1, 70],
      [32, 64],
      [63, 70],
    ] as const) {
      const path = (await ledger.consistency(fromSize, toSize)).map(fromHex);
      const claim = { fromSize, toSize, fromRoot: root(fromSize), toRoot: root(toSize), path };
      assert.ok(verifyConsistency(claim, sha256), `${fromSize}–${toSize}`);
    }
    await assertFails(() => ledger.consistency(0, 70), 'not_found');
    await assertFails(() => ledger.consistency(2, 71), 'not_found');
  });

  check('a checkpoint covers what was acknowledged before, and is signed', async (ledger, fixture) => {
    const verify = (note: string): boolean => verifyNote(parseNote(note), fixture.logKey(), crypto);
    const empty = await ledger.checkpoint();
    assert.is(empty.size, 0);
    assert.ok(verify(empty.note));
    for (let at = 0; at < 30; at += 1) {
      const { entry } = await ledger.append(event({ at }));
      const checkpoint = await ledger.checkpoint();
      assert.is(checkpoint.size, at + 1);
      assert.is(checkpoint.chainHash, entry.chainHash);
      assert.ok(verify(checkpoint.note));
    }
  });

  check('a writer of an older generation is refused', async (ledger) => {
    await ledger.append(event(1), { generation: 5 });
    await ledger.append(event(2), { generation: 7 });
    await assertFails(() => ledger.append(event(3), { generation: 6 }), 'stale_writer');
    await ledger.append(event(4), { generation: 7 });
    assert.is(ledger.size(), 3);
  });

  check('followers that it cannot write to are refused, not passed over', async (ledger) => {
    await assertFails(() => ledger.append(event(1), { generation: 1, inSync: ['node-b'] }), 'not_supported');
    await assertFails(() => ledger.append(opened(1), { inSync: ['node-b'] }), 'not_supported');
    assert.is(ledger.size(), 0);
    await ledger.append(event(1), { inSync: [] });
    assert.is(ledger.size(), 1);
  });

  check('refuses what is no entry, and records nothing of it', async (ledger) => {
    const wrong: [LedgerEntryInput, string][] = [
      [event(undefined), 'invalid_argument'],
      [event({ a: Number.NaN }), 'invalid_argument'],
      [event({ a: '\ud800' }), 'invalid_argument'],
      [event(new Date(0)), 'invalid_argument'],
      [event('x'.repeat(5_000_000)), 'too_large'],
      [{ ...event(1), tenant: '\ud800' }, 'invalid_argument'],
      [{ ...event(1), kind: 'other' as 'event' }, 'invalid_argument'],
      [{ ...event(1), decisionId: 'd1' as DecisionId }, 'invalid_argument'],
      [{ kind: 'final', tenant: 'acme', payload: {} }, 'invalid_argument'],
      [{ kind: 'opened', tenant: 'acme', decisionId: decisionId(1), payload: {} }, 'invalid_argument'],
    ];
    for (const [input, code] of wrong) await assertFails(() => ledger.append(input), code as 'too_large');
    assert.is(ledger.size(), 0);
    assert.is((await ledger.append(event(1))).index, 0);
  });

  check('after close nothing is appended; closing twice is harmless', async (ledger) => {
    const last = ledger.append(event('in flight'));
    await Promise.all([ledger.close(), ledger.close()]);
    assert.is((await last).index, 0);
    await assertFails(() => ledger.append(event(1)), 'storage_failed');
  });
}
