/** Checks one record offline, from its proof bundle and a public key that the reader pinned. */
import { RecordProof } from '../messages/proof.ts';
import { fromHex, toHex } from './bytes.ts';
import {
  keyHash,
  parseCheckpointText,
  parseNote,
  verifyNote,
  type CheckpointBody,
  type LogKey,
} from './checkpoint.ts';
import type { LedgerCrypto } from './crypto.ts';
import { chainNext, chainStart, entryLeafHash, hashText, parseEntry, type StoredEntry } from './leaf.ts';
import { verifyInclusion } from './tree/merkle.ts';
import { Checklist, type Verification } from './verification.ts';

/** Outcome of {@link verifyProof}; the record is given out only when everything held. */
export interface ProofVerification extends Verification {
  readonly entry: StoredEntry | null;
  readonly checkpoint: CheckpointBody | null;
}

/**
 * Checks form, canonical text, leaf hash, hash chain, inclusion, and the checkpoint's signature under a
 * pinned key.
 *
 * Nothing in the bundle is trusted: a log that was recomputed from end to end and signed by another key fails
 * at `signature`. The states of keys in the bundle are the bundle's word and can only make it fail. Never
 * throws.
 *
 * @param bundle what was read from a file, whatever it is
 * @param pinned keys that the reader trusts; one of the bundle's log must have signed
 */
export function verifyProof(
  bundle: unknown,
  pinned: readonly LogKey[],
  crypto: LedgerCrypto,
): ProofVerification {
  const list = new Checklist();
  let entry: StoredEntry | null = null;
  let checkpoint: CheckpointBody | null = null;
  const verification = list.run(() => {
    const proof = checkForm(list, bundle);
    entry = checkEntry(list, proof, crypto);
    checkpoint = checkCheckpoint(list, proof);
    checkChain(list, proof, entry, crypto);
    checkInclusion(list, proof, crypto);
    const key = checkSignature(list, proof, { pinned, crypto });
    checkKeys(list, proof, { key, crypto });
  });
  return verification.ok
    ? { ...verification, entry, checkpoint }
    : { ...verification, entry: null, checkpoint: null };
}

function checkForm(list: Checklist, bundle: unknown): RecordProof {
  list.begin('form');
  const parsed = RecordProof.safeParse(bundle);
  const issue = parsed.error?.issues[0];
  const field = issue?.path.join('.') || 'proof';
  list.holds(parsed.success, { field, expected: 'the form witan-proof/1', actual: issue?.message ?? '' });
  return parsed.data!;
}

function checkEntry(list: Checklist, proof: RecordProof, { sha256 }: LedgerCrypto): StoredEntry {
  list.begin('canonical');
  const entry = parseEntry(proof.canonical);
  list.equal('index', String(entry.index), String(proof.index));
  list.begin('leaf-hash');
  list.equal('leafHash', hashText(entryLeafHash(proof.canonical, sha256)), proof.leafHash);
  return entry;
}

function checkCheckpoint(list: Checklist, proof: RecordProof): CheckpointBody {
  list.begin('checkpoint');
  const stated = proof.checkpoint;
  const body = parseCheckpointText(parseNote(stated.note).text);
  list.equal('logId', body.logId, proof.logId);
  list.equal('checkpoint.logId', body.logId, stated.logId);
  list.equal('checkpoint.size', String(body.size), String(stated.size));
  list.equal('checkpoint.root', body.root, stated.root);
  list.equal('checkpoint.chainHash', body.chainHash, stated.chainHash);
  return body;
}

function checkChain(list: Checklist, proof: RecordProof, entry: StoredEntry, { sha256 }: LedgerCrypto): void {
  list.begin('chain');
  if (entry.index === 0)
    list.equal('canonical.previous', hashText(chainStart(proof.logId, sha256)), entry.previous);
  const previous = fromHex(entry.previous.slice('sha256:'.length));
  const leaf = entryLeafHash(proof.canonical, sha256);
  list.equal('chainHash', hashText(chainNext(previous, leaf, sha256)), proof.chainHash);
  const isLast = entry.index === proof.checkpoint.size - 1;
  if (isLast) list.equal('checkpoint.chainHash', proof.chainHash, proof.checkpoint.chainHash);
}

function checkInclusion(list: Checklist, proof: RecordProof, { sha256 }: LedgerCrypto): void {
  list.begin('inclusion');
  const { size, root } = proof.checkpoint;
  const claim = {
    index: proof.index,
    size,
    leafHash: entryLeafHash(proof.canonical, sha256),
    root: fromHex(root),
    path: proof.inclusion.map(fromHex),
  };
  const expected = `a path from leaf ${proof.index} to the root of size ${size}`;
  list.holds(verifyInclusion(claim, sha256), {
    field: 'inclusion',
    expected,
    actual: 'a path to another root',
  });
}

function checkSignature(
  list: Checklist,
  proof: RecordProof,
  { pinned, crypto }: { pinned: readonly LogKey[]; crypto: LedgerCrypto },
): LogKey {
  list.begin('signature');
  const note = parseNote(proof.checkpoint.note);
  const own = pinned.filter((key) => key.logId === proof.logId);
  const key = own.find((candidate) => verifyNote(note, candidate, crypto));
  const name = (candidate: LogKey): string =>
    `${candidate.logId}+${toHex(keyHash(candidate, crypto.sha256))}`;
  const signers = note.signatures.map((line) => `${line.keyName}+${line.keyHash}`).join(', ');
  const expected =
    own.length > 0 ? `a signature by ${own.map(name).join(' or ')}` : `a pinned key of ${proof.logId}`;
  list.holds(key !== undefined, {
    field: 'checkpoint.note',
    expected,
    actual: `signed by ${signers}, not verified`,
  });
  return key!;
}

function checkKeys(
  list: Checklist,
  proof: RecordProof,
  { key, crypto }: { key: LogKey; crypto: LedgerCrypto },
): void {
  list.begin('keys');
  proof.keys.forEach((stated, at) => {
    const hash = toHex(crypto.sha256(fromHex(stated.publicKey)).subarray(0, 8));
    list.equal(`keys.${at}.keyId`, `${stated.purpose}#${hash}`, stated.keyId);
  });
  const at = proof.keys.findIndex((stated) => stated.publicKey === toHex(key.publicKey));
  const expected = 'the key that signed the checkpoint';
  list.holds(at >= 0, { field: 'keys', expected, actual: 'it is not among the keys' });
  const { state } = proof.keys[at]!;
  list.holds(state !== 'revoked', { field: `keys.${at}.state`, expected: 'a key in force', actual: state });
}
