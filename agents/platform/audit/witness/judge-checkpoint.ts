/**
 * What a witness makes of a checkpoint that a log offers: pure, one answer for one memory.
 *
 * @source C2SP tlog-witness (add-checkpoint; the order of its checks and their statuses)
 */
import { equalBytes, fromHex } from '../../../../contracts/ledger/bytes.ts';
import type { LedgerCrypto } from '../../../../contracts/ledger/crypto.ts';
import { emptyRoot, verifyConsistency } from '../../../../contracts/ledger/tree/merkle.ts';
import type { AddCheckpoint } from '../../../../contracts/ledger/tlog/add-checkpoint.ts';
import type { NoteKey } from '../../../../contracts/ledger/tlog/note-key.ts';
import { logSignatureState } from '../../../../contracts/ledger/tlog/open-checkpoint.ts';
import type { ForkEvidence, WitnessedHead } from '../../../../runtime/kernel/ports/witness/witness-store.ts';

/** Answer of a witness before anything is stored or signed. */
export type Judgement =
  | { readonly kind: 'vouch' }
  | {
      readonly kind: 'refuse';
      readonly status: 400 | 403 | 404 | 409 | 422;
      readonly reason: string;
      /** Set when the log's own signature shows that it has two faces. */
      readonly fork?: ForkEvidence['kind'];
    };

/** What a checkpoint is held against. */
export interface WitnessView {
  /** Keys of every log that is watched; those of the checkpoint's origin count. */
  readonly keys: readonly NoteKey[];
  /** Undefined: nothing was vouched for yet. */
  readonly known: WitnessedHead | undefined;
}

/** Judges one request. O(proof). Never throws for parsed requests. */
export function judgeCheckpoint(request: AddCheckpoint, view: WitnessView, crypto: LedgerCrypto): Judgement {
  const { checkpoint, oldSize } = request;
  const keys = view.keys.filter((key) => key.name === checkpoint.origin);
  if (keys.length === 0) return refuse(404, 'the log is not watched here');
  const signature = logSignatureState(checkpoint, keys, crypto);
  if (signature !== 'good')
    return refuse(403, signature === 'bad' ? 'a signature does not verify' : 'no key of the log has signed');
  const knownSize = view.known?.size ?? 0;
  const knownRoot = view.known?.root ?? null;
  // Told from the signed checkpoint alone, whatever the rest of the request says.
  const isFork = checkpoint.size === knownSize && knownRoot !== null && checkpoint.root !== knownRoot;
  const fork = isFork ? ('same-size' as const) : undefined;
  if (oldSize > checkpoint.size) return refuse(400, 'the old size is above the size', fork);
  if (oldSize !== knownSize) return refuse(409, `the latest size is ${knownSize}`, fork);
  return judgeProof(request, { knownRoot, fork, crypto });
}

function judgeProof(
  { checkpoint, oldSize, proof }: AddCheckpoint,
  held: {
    readonly knownRoot: string | null;
    readonly fork: ForkEvidence['kind'] | undefined;
    readonly crypto: LedgerCrypto;
  },
): Judgement {
  const { knownRoot, fork, crypto } = held;
  const toRoot = fromHex(checkpoint.root);
  if (checkpoint.size === 0 && !equalBytes(toRoot, emptyRoot(crypto.sha256)))
    return refuse(422, 'the root of an empty log is the hash of nothing', fork);
  if (oldSize === 0)
    return proof.length === 0 ? { kind: 'vouch' } : refuse(422, 'nothing is to be proven from size 0', fork);
  if (fork !== undefined) return refuse(422, 'the same size has another root', fork);
  const claim = {
    fromSize: oldSize,
    toSize: checkpoint.size,
    fromRoot: fromHex(knownRoot!),
    toRoot,
    path: proof,
  };
  if (verifyConsistency(claim, crypto.sha256)) return { kind: 'vouch' };
  // No evidence against the log: anyone may send its checkpoint with a proof that is not one.
  return refuse(422, 'the consistency proof does not hold');
}

function refuse(
  status: Extract<Judgement, { kind: 'refuse' }>['status'],
  reason: string,
  fork?: ForkEvidence['kind'],
): Judgement {
  return fork === undefined ? { kind: 'refuse', status, reason } : { kind: 'refuse', status, reason, fork };
}
