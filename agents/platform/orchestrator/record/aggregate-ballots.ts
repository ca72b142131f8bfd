/**
 * Has the counted seats sign their list of ballots together, where the session froze keys for it.
 *
 * A seat's BLS key signs only a list on which its own ballot stands, under its Ed25519 key: that is checked
 * here, before the secret halves are asked. A decision waits for it for so long, and is never held for it.
 */
import { toWitanError, WitanError } from '../../../../contracts/errors.ts';
import { roundSigningBytes } from '../../../../contracts/ledger/aggregate/check-aggregate.ts';
import { fromBase64Url, fromHex, toBase64Url } from '../../../../contracts/ledger/bytes.ts';
import { ballotSigningBytes } from '../../../../contracts/ledger/signing.ts';
import type { Ballot } from '../../../../contracts/messages/ballot.ts';
import type { BallotAggregate } from '../../../../contracts/messages/final.ts';
import type { SessionTerms } from '../../../../contracts/messages/session.ts';
import { sha256 } from '../../../../runtime/kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../../../runtime/kernel/crypto/ed25519.ts';
import { isNotedBallot } from '../../../../runtime/kernel/crypto/own-ballots.ts';
import type { KeysPort } from '../../../../runtime/kernel/ports/keys.ts';
import type { OpenSession } from '../path/decision-path.ts';
import { within } from '../../../../supervisors/within.ts';

/** What is signed. */
export interface CountedRound {
  readonly session: Pick<OpenSession, 'terms' | 'sessionDigest' | 'settings' | 'budget'>;
  /** Counted ballots, roster order. */
  readonly ballots: readonly Ballot[];
  readonly rounds: number;
}

/**
 * The aggregate, or why there is none; undefined where nobody asked for one, or no council sat.
 * @throws cancelled when the session itself was stopped
 */
export async function aggregateOf(
  { session, ballots, rounds }: CountedRound,
  { keys }: { readonly keys: KeysPort },
): Promise<BallotAggregate | undefined> {
  const { terms, sessionDigest, settings, budget } = session;
  const { aggregate } = keys;
  if (ballots.length === 0) return undefined;
  if (terms.aggregateKeys === undefined) return aggregate && { none: 'no-keys' };
  if (!aggregate) return { none: 'off' };
  const slice = budget.slice(settings.council.aggregateWaitMs, settings.deadlines.appendReserveMs);
  try {
    for (const ballot of ballots) assertOwn(ballot, terms);
    const { decisionId, decisionDigest } = terms;
    const subject = { decisionId, decisionDigest, sessionDigest, rounds };
    const message = roundSigningBytes(subject, ballots, sha256);
    const keyIds = ballots.map(({ keyId }) => keyId);
    const signature = await within(slice, () => aggregate.sign(keyIds, message, slice.signal));
    return { suite: 'bls12-381-g2-pop', signature: toBase64Url(signature) };
  } catch (error) {
    const { code } = toWitanError(error);
    if (code === 'cancelled' && budget.signal.aborted && budget.remainingMs() > 0) throw error;
    return { none: code === 'deadline_exceeded' || code === 'overloaded' ? 'late' : 'failed' };
  }
}

function assertOwn(ballot: Ballot, { roster }: SessionTerms): void {
  const { body, keyId, signature } = ballot;
  const seat = roster.find((frozen) => frozen.seat === body.seat);
  const isOwn =
    seat?.keyId === keyId &&
    (isNotedBallot(ballot, seat.publicKey) ||
      verifyEd25519(fromHex(seat.publicKey), ballotSigningBytes(body), fromBase64Url(signature)));
  if (!isOwn) throw new WitanError('verification_failed', `the ballot of ${body.seat} is not its own`);
}
