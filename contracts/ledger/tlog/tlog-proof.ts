/**
 * Transparent signatures: an entry, its place in a log, and who witnessed that log, in one text file.
 *
 * @source C2SP tlog-proof (format and verification), RFC 6962 §2.1.1
 */
import { WitanError } from '../../errors.ts';
import { fromBase64, fromHex, toBase64, utf8 } from '../bytes.ts';
import type { LedgerCrypto } from '../crypto.ts';
import { leafHashOf, verifyInclusion } from '../tree/merkle.ts';
import { Checklist, type Verification } from '../verification.ts';
import type { NoteKey } from './note-key.ts';
import { logSignatureState, parseOpenCheckpoint, type OpenCheckpoint } from './open-checkpoint.ts';
import { hasQuorum, witnessesOf, type TrustPolicy } from './trust-policy.ts';

/** Parts of a proof; nothing in it is verified yet. */
export interface TlogProof {
  /** Not authenticated; null: there is none. */
  readonly extra: Uint8Array | null;
  readonly index: number;
  /** Audit path, leaf side first, 32 bytes each. */
  readonly path: readonly Uint8Array[];
  readonly checkpoint: OpenCheckpoint;
  /** The checkpoint verbatim, with its signatures. */
  readonly note: string;
}

/** What a reader of a proof trusts. */
export interface ProofTrust {
  /** Keys by origin of the logs that are accepted. */
  readonly logs: readonly NoteKey[];
  /** Absent: no witness is asked for. */
  readonly policy?: TrustPolicy | undefined;
}

/** Outcome of {@link verifyTlogProof}. */
export interface TlogProofVerification extends Verification {
  readonly checkpoint: OpenCheckpoint | null;
  readonly index: number | null;
  /** Witnesses of the policy whose cosignatures hold. */
  readonly witnesses: readonly string[];
}

/** First line of every proof. */
export const TLOG_PROOF_HEAD = 'c2sp.org/tlog-proof@v1';

const INDEX = /^index (0|[1-9][0-9]{0,15})$/;
const MAX_PATH = 64;
const MAX_LENGTH = 8_388_608;

/** Text of a proof. */
export function formatTlogProof(proof: Omit<TlogProof, 'checkpoint'>): string {
  const extra = proof.extra === null ? '' : `extra ${toBase64(proof.extra)}\n`;
  const path = proof.path.map((hash) => `${toBase64(hash)}\n`).join('');
  return `${TLOG_PROOF_HEAD}\n${extra}index ${proof.index}\n${path}\n${proof.note}`;
}

/** Parts of a proof's text; one spelling only. @throws bad_encoding, too_large */
export function parseTlogProof(text: string): TlogProof {
  if (text.length > MAX_LENGTH) throw new WitanError('too_large', 'the proof is too large', { path: '' });
  const split = text.indexOf('\n\n');
  if (split < 0) throw malformed('head, index, path, an empty line, a checkpoint');
  const [head, ...lines] = text.slice(0, split).split('\n');
  if (head !== TLOG_PROOF_HEAD) throw malformed(TLOG_PROOF_HEAD);
  const extra = lines[0]?.startsWith('extra ') === true ? fromBase64(lines.shift()!.slice(6)) : null;
  const found = INDEX.exec(lines.shift() ?? '');
  if (!found || !Number.isSafeInteger(Number(found[1]))) throw malformed('the line: index N');
  if (lines.length > MAX_PATH) throw malformed(`at most ${MAX_PATH} hashes`);
  const path = lines.map((line) => {
    const hash = fromBase64(line);
    if (hash.length !== 32) throw malformed('hashes of 32 bytes');
    return hash;
  });
  const note = text.slice(split + 2);
  return { extra, index: Number(found[1]), path, checkpoint: parseOpenCheckpoint(note), note };
}

/**
 * Checks form, log signature, witnesses and inclusion of `entry`, in this order. Never throws.
 *
 * @param text what was read from a file, whatever it is
 * @param entry bytes of the entry; undefined: those in the proof's extra data
 * @param trust keys that the reader got over another channel than the proof
 */
export function verifyTlogProof(
  text: string,
  { entry, trust }: { readonly entry: Uint8Array | undefined; readonly trust: ProofTrust },
  crypto: LedgerCrypto,
): TlogProofVerification {
  const list = new Checklist();
  let proof: TlogProof | undefined;
  let witnesses: readonly string[] = [];
  const verification = list.run(() => {
    list.begin('form');
    proof = parseTlogProof(text);
    checkLog(list, proof.checkpoint, { trust, crypto });
    witnesses = checkWitnesses(list, proof.checkpoint, { trust, crypto });
    checkInclusion(list, proof, { entry, crypto });
  });
  if (!verification.ok || !proof) return { ...verification, checkpoint: null, index: null, witnesses: [] };
  return { ...verification, checkpoint: proof.checkpoint, index: proof.index, witnesses };
}

interface Trusting {
  readonly trust: ProofTrust;
  readonly crypto: LedgerCrypto;
}

function checkLog(list: Checklist, checkpoint: OpenCheckpoint, { trust, crypto }: Trusting): void {
  list.begin('origin');
  const { origin } = checkpoint;
  const names = [...new Set(trust.logs.map((key) => key.name))];
  const expected = names.length > 0 ? `one of ${names.join(', ')}` : 'a log whose key is pinned';
  list.holds(names.includes(origin), { field: 'checkpoint.origin', expected, actual: origin });
  list.begin('signature');
  const state = logSignatureState(checkpoint, trust.logs, crypto);
  const signers = checkpoint.note.signatures.map((line) => `${line.keyName}+${line.keyHash}`).join(', ');
  list.holds(state === 'good', {
    field: 'checkpoint.note',
    expected: `a signature by a pinned key of ${origin}`,
    actual: state === 'bad' ? 'a signature that does not verify' : `signed by ${signers}`,
  });
}

function checkWitnesses(
  list: Checklist,
  checkpoint: OpenCheckpoint,
  { trust, crypto }: Trusting,
): readonly string[] {
  const { policy } = trust;
  if (!policy) return [];
  list.begin('witnesses');
  const { good, bad } = witnessesOf(checkpoint, policy, crypto);
  list.holds(bad.length === 0, {
    field: 'checkpoint.note',
    expected: 'cosignatures that verify',
    actual: `that of ${bad.join(', ')} does not`,
  });
  const seen = good.size > 0 ? [...good].join(', ') : 'none';
  list.holds(hasQuorum(policy, good), {
    field: 'checkpoint.note',
    expected: `the quorum ${policy.quorum}`,
    actual: `witnessed by ${seen}`,
  });
  return [...good];
}

function checkInclusion(
  list: Checklist,
  proof: TlogProof,
  { entry, crypto }: { readonly entry: Uint8Array | undefined; readonly crypto: LedgerCrypto },
): void {
  list.begin('inclusion');
  const bytes = entry ?? proof.extra;
  list.holds(bytes !== null, {
    field: 'entry',
    expected: 'the bytes of the entry',
    actual: 'none were given',
  });
  const { size, root } = proof.checkpoint;
  const claim = {
    index: proof.index,
    size,
    leafHash: leafHashOf(bytes!, crypto.sha256),
    root: fromHex(root),
    path: proof.path,
  };
  list.holds(verifyInclusion(claim, crypto.sha256), {
    field: 'inclusion',
    expected: `the entry at ${proof.index} of ${size}`,
    actual: 'another entry, or a path to another root',
  });
}

function malformed(expected: string): WitanError {
  return new WitanError('bad_encoding', `not a proof of a log: expected ${expected}`, { expected });
}

/** The same proof with the entry's text as its extra data. @throws bad_encoding */
export function embedEntry(proof: string, entry: string): string {
  return formatTlogProof({ ...parseTlogProof(proof), extra: utf8(entry) });
}
