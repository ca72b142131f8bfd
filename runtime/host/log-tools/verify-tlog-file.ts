/** Verification of `.tlog-proof` files with this platform's cryptography: what the command line calls. */
import { fromHex } from '../../../contracts/ledger/bytes.ts';
import { NOTE_KEY_TYPES, parseNoteKey, type NoteKey } from '../../../contracts/ledger/tlog/note-key.ts';
import { verifyTlogProof, type TlogProofVerification } from '../../../contracts/ledger/tlog/tlog-proof.ts';
import { parseTrustPolicy } from '../../../contracts/ledger/tlog/trust-policy.ts';
import type { PinnedKey } from '../../../contracts/messages/decision-proof.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../kernel/crypto/ed25519.ts';
import { verifyMlDsa44 } from '../../kernel/crypto/ml-dsa-44.ts';

/** What a reader trusts, as it stands in files. */
export interface TlogTrust {
  /** Key of a log that the reader pinned. */
  readonly pinned?: PinnedKey | undefined;
  /** Keys in the form `name+id+base64`. */
  readonly keys?: readonly string[];
  /** Text of a file of the form C2SP tlog-policy: its logs are trusted, its quorum is demanded. */
  readonly policy?: string | undefined;
}

/**
 * Checks a proof against what the reader trusts. Never throws for the proof.
 *
 * @param text of a `.tlog-proof` file, whatever it is
 * @param entry bytes of the entry; undefined: those that the proof carries
 * @throws bad_encoding for keys and policies that cannot be read
 */
export function verifyTlogProofText(
  text: string,
  entry: Uint8Array | undefined,
  { pinned, keys = [], policy: policyText }: TlogTrust,
): TlogProofVerification {
  const policy = policyText === undefined ? undefined : parseTrustPolicy(policyText, sha256);
  const logs: NoteKey[] = [
    ...keys.map((key) => parseNoteKey(key, sha256)),
    ...(policy?.logs ?? []).map(({ key }) => key),
    ...pinnedLogs(pinned, text),
  ];
  return verifyTlogProof(text, { entry, trust: { logs, policy } }, { sha256, verifyEd25519, verifyMlDsa44 });
}

/** A bare key pins whatever log it signed: then the log's own name is taken. */
function pinnedLogs(pinned: PinnedKey | undefined, text: string): NoteKey[] {
  if (!pinned) return [];
  const name = pinned.logId === '' ? (/\n\n([^\n]+)\n/.exec(text)?.[1] ?? '') : pinned.logId;
  return pinned.publicKeys.map((key) => ({ name, type: NOTE_KEY_TYPES.ed25519, publicKey: fromHex(key) }));
}
