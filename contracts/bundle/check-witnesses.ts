/** The witnesses of a bundle: who else saw the head of the log under which the verdict lies. */
import { utf8 } from '../ledger/bytes.ts';
import { NOTE_KEY_TYPES, type NoteKey } from '../ledger/tlog/note-key.ts';
import { verifyTlogProof } from '../ledger/tlog/tlog-proof.ts';
import type { EvidenceBundle } from '../messages/bundle.ts';
import type { BundleCrypto, BundleTrust, StepOutcome } from './verify-bundle.ts';

/** Checks the proof under a witnessed checkpoint. A reader with a policy must find its quorum there. */
export function checkWitnesses(
  { decision: { final }, witnessed }: EvidenceBundle,
  { pinned, policy }: BundleTrust,
  crypto: BundleCrypto,
): StepOutcome {
  if (witnessed === null) {
    if (!policy || policy.quorum === null) return { state: 'absent', detail: 'no witness is in the bundle' };
    const expected = `a head signed by the quorum ${policy.quorum}`;
    return failed('witnessed', expected, 'no witness is in the bundle');
  }
  const own = pinned.filter(({ logId }) => logId === final.logId);
  const logs = own.map(({ logId, publicKey }): NoteKey => ({
    name: logId,
    type: NOTE_KEY_TYPES.ed25519,
    publicKey,
  }));
  const trust = { logs, policy };
  const { ok, mismatch, witnesses, checkpoint, index } = verifyTlogProof(
    witnessed,
    { entry: utf8(final.canonical), trust },
    crypto,
  );
  if (!ok) return failed(mismatch!.field, mismatch!.expected, mismatch!.actual);
  if (index !== final.index) return failed('index', `record #${final.index}`, `#${index}`);
  const head = `head of ${checkpoint!.size} records`;
  if (policy) return { state: 'verified', detail: `${head}: ${witnesses.join(', ') || 'none asked for'}` };
  const names = checkpoint!.note.signatures
    .map(({ keyName }) => keyName)
    .filter((name) => name !== final.logId);
  const claimed = names.length === 0 ? 'nobody else signed it' : `signed also by ${names.join(', ')}`;
  return { state: 'unpinned', detail: `${head}, ${claimed}; no trust policy was given` };
}

function failed(field: string, expected: string, actual: string): StepOutcome {
  const mismatch = { part: 'witnessed', field, expected, actual };
  return { state: 'failed', detail: `${field}: expected ${expected}, found ${actual}`, mismatch };
}
