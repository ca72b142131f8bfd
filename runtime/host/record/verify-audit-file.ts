/** Offline checks of audit entries and evidence with this platform's cryptography. */
import { verifyEvidence } from '../../../contracts/accountability/verify-evidence.ts';
import { verifyAuditEntry, verifyAuditProof } from '../../../contracts/ledger/audit/verify-audit.ts';
import { fromHex } from '../../../contracts/ledger/bytes.ts';
import { parseCoSignerKey } from '../../../contracts/ledger/co-signature.ts';
import type { LedgerCrypto } from '../../../contracts/ledger/crypto.ts';
import type { Verification } from '../../../contracts/ledger/verification.ts';
import type { PinnedKey } from '../../../contracts/messages/decision-proof.ts';
import { verifyTally } from '../../../council/tally/verify-tally.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../kernel/crypto/ed25519.ts';
import { verifyMlDsa44 } from '../../kernel/crypto/ml-dsa-44.ts';

const crypto: LedgerCrypto = { sha256, verifyEd25519, verifyMlDsa44 };

/** What {@link verifyAuditFile} looked at. */
export interface AuditFileVerification extends Verification {
  readonly kind: 'entry' | 'entry-with-record' | 'evidence' | 'unknown';
}

/**
 * Checks an audit entry, an entry with its record, or a package of evidence against a pinned key. Never
 * throws.
 *
 * @param given whatever was read
 * @param pinned key that the reader got over another channel than the file
 */
export function verifyAuditFile(given: unknown, pinned: PinnedKey): AuditFileVerification {
  const keys = pinned.publicKeys.map((key) => ({ logId: pinned.logId, publicKey: fromHex(key) }));
  const { format } = (given ?? {}) as { readonly format?: unknown };
  if (format === 'witan-audit-entry/1') {
    return { kind: 'entry', ...verifyAuditEntry(given, { pinned: keys, crypto }) };
  }
  if (format === 'witan-audit-proof/1') {
    return { kind: 'entry-with-record', ...verifyAuditProof(given, { pinned: keys, crypto }) };
  }
  if (format === 'witan-evidence/1') {
    const coSigners = (pinned.coSignerKeys ?? []).map((key) => parseCoSignerKey(key, sha256));
    const verification = verifyEvidence(given, {
      pinned: keys,
      coSigners,
      crypto,
      checkTally: (terms, { body, ballots, superseded }) => {
        const { outcome, heldReason, rounds, tally } = body;
        return verifyTally(terms, { outcome, heldReason, rounds, tally, ballots, superseded })[0];
      },
    });
    return { kind: 'evidence', ...verification };
  }
  const expected = 'witan-audit-entry/1, witan-audit-proof/1 or witan-evidence/1';
  const mismatch = { check: 'form', field: 'format', expected, actual: String(format) };
  return { kind: 'unknown', ok: false, checked: [], mismatch };
}
