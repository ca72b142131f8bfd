/**
 * Ballots that this process signed itself, so that it need not verify them again (docs/adr/0005).
 *
 * What is known is the very object, deeply frozen since it was signed: a copy, whatever became of it on the
 * way, is not found and is verified like any other.
 */
import { toHex } from '../../../contracts/ledger/bytes.ts';
import type { Ballot } from '../../../contracts/messages/ballot.ts';
import { freezeDeep } from '../frozen.ts';

/** Public key that each ballot was signed with, hex. */
const signedBy = new WeakMap<object, string>();

/**
 * Freezes a ballot for good and notes it, right after it was signed with the private half of `publicKey`;
 * only the signer may call it.
 */
export function noteOwnBallot(ballot: Ballot, publicKey: Uint8Array): Ballot {
  freezeDeep(ballot);
  signedBy.set(ballot, toHex(publicKey));
  return ballot;
}

/**
 * Whether this process signed exactly this ballot with the private half of `publicKey` (hex), over the
 * evidence that it carries. False says nothing: it may be a copy.
 */
export function isNotedBallot(ballot: unknown, publicKey: string): boolean {
  return signedBy.get(ballot as object) === publicKey;
}
