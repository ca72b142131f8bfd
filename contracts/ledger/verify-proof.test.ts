import { assert, suite } from '../../test/harness.ts';
import { sha256 } from '../../runtime/kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../runtime/kernel/crypto/ed25519.ts';
import { MemoryKeys } from '../../runtime/store/keys/memory-keys.ts';
import { MemoryLedger } from '../../runtime/store/memory/memory-ledger.ts';
import type { RecordProof } from '../messages/proof.ts';
import type { LogKey } from './checkpoint.ts';
import { verifyProof } from './verify-proof.ts';

const test = suite('verification of a record');
const crypto = { sha256, verifyEd25519 };
const clock = {
  monotonicMs: () => 0,
  wallMs: () => 1_800_000_000_000,
  setTimer: () => ({ cancel: () => {} }),
};
const logId = 'witan.example/log';

/** Proof of record `index` in a log of nine. */
async function proved(index: number, keys: MemoryKeys): Promise<RecordProof> {
  const ledger = new MemoryLedger({ logId, clock, keys });
  for (let at = 0; at < 9; at += 1) await ledger.append({ kind: 'event', tenant: 'acme', payload: { at } });
  return ledger.proof(index);
}

const keys = new MemoryKeys({ clock, seed: 'proof' });
const pinned: LogKey[] = [{ logId, publicKey: keys.active('checkpoint').publicKey }];
const flip = (hex: string): string => (hex.startsWith('0') ? '1' : '0') + hex.slice(1);

test('a proof as the log gives it verifies, and says what was checked', async () => {
  for (let index = 0; index < 9; index += 1) {
    const { ok, checked, mismatch, entry, checkpoint } = verifyProof(
      await proved(index, keys),
      pinned,
      crypto,
    );
    assert.is(mismatch, null);
    assert.ok(ok);
    assert.equal(checked, [
      'form',
      'canonical',
      'leaf-hash',
      'checkpoint',
      'chain',
      'inclusion',
      'signature',
      'keys',
    ]);
    assert.equal(entry!.payload, { at: index });
    assert.is(checkpoint!.size, 9);
  }
});

type Change = (proof: RecordProof) => void;

const TAMPERINGS: readonly [field: string, check: string, change: Change][] = [
  ['format', 'form', (proof) => void ((proof as { format: string }).format = 'witan-proof/2')],
  ['inclusion.0', 'form', (proof) => void (proof.inclusion[0] = 'xy')],
  ['canonical', 'canonical', (proof) => void (proof.canonical = proof.canonical.replace('{', '{ '))],
  ['index', 'canonical', (proof) => void (proof.index += 1)],
  ['leafHash', 'leaf-hash', (proof) => void (proof.canonical = proof.canonical.replace('acme', 'evil'))],
  ['leafHash', 'leaf-hash', (proof) => void (proof.leafHash = `sha256:${'0'.repeat(64)}`)],
  ['logId', 'checkpoint', (proof) => void (proof.logId = 'other')],
  ['checkpoint.size', 'checkpoint', (proof) => void (proof.checkpoint.size += 1)],
  ['checkpoint.root', 'checkpoint', (proof) => void (proof.checkpoint.root = flip(proof.checkpoint.root))],
  ['checkpoint.chainHash', 'checkpoint', (proof) => void (proof.checkpoint.chainHash = 'x')],
  ['chainHash', 'chain', (proof) => void (proof.chainHash = `sha256:${'0'.repeat(64)}`)],
  ['inclusion', 'inclusion', (proof) => void (proof.inclusion[1] = flip(proof.inclusion[1]!))],
  ['inclusion', 'inclusion', (proof) => void proof.inclusion.pop()],
  [
    'checkpoint.note',
    'signature',
    (proof) => void (proof.checkpoint.note = proof.checkpoint.note.replace(/(\S{20})(\S)(\S*\n)$/, swap)),
  ],
  ['keys.0.keyId', 'keys', (proof) => void (proof.keys[0]!.publicKey = flip(proof.keys[0]!.publicKey))],
  ['keys', 'keys', (proof) => void (proof.keys.length = 0)],
  ['keys.0.state', 'keys', (proof) => void (proof.keys[0]!.state = 'revoked')],
];

function swap(_all: string, before: string, letter: string, after: string): string {
  return before + (letter === 'A' ? 'B' : 'A') + after;
}

test('the first thing that was changed is named', async () => {
  for (const [field, check, change] of TAMPERINGS) {
    const proof = structuredClone(await proved(4, keys));
    change(proof);
    const { ok, mismatch, entry } = verifyProof(proof, pinned, crypto);
    assert.not.ok(ok, field);
    assert.equal([mismatch?.check, mismatch?.field], [check, field]);
    assert.is(entry, null);
  }
});

test('a log recomputed consistently and signed by another key fails at the signature', async () => {
  const proof = await proved(4, new MemoryKeys({ clock, seed: 'forger' }));
  const { checked, mismatch } = verifyProof(proof, pinned, crypto);
  assert.equal(checked, ['form', 'canonical', 'leaf-hash', 'checkpoint', 'chain', 'inclusion']);
  assert.is(mismatch?.check, 'signature');
  assert.match(mismatch!.actual, /not verified/);
});

test('the checkpoint of another log does not prove a record', async () => {
  const proof = await proved(4, keys);
  const elsewhere = verifyProof(proof, [{ ...pinned[0]!, logId: 'witan.example/other' }], crypto);
  assert.is(elsewhere.mismatch?.check, 'signature');
  assert.is(verifyProof(proof, [], crypto).mismatch?.check, 'signature');
});

test('anything that is no proof is a mismatch and never an exception', () => {
  for (const bundle of [null, undefined, 1, 'x', [], {}, { format: 'witan-proof/1' }]) {
    assert.is(verifyProof(bundle, pinned, crypto).mismatch?.check, 'form');
  }
});
