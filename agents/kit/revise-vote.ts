/** Round 2: what a seat makes of its own vote once it knows the structured evidence of the others. Pure. */
import type { BallotBody } from '../../contracts/messages/ballot.ts';
import type { Evidence, PeerEvidence } from '../../contracts/messages/evidence.ts';
import { combineEvidence, type CombineOptions, type SeatVote } from './combine-evidence.ts';

const WHOLE_BP = 10_000;
const HALF_BP = 5_000;

/** A revised vote and the evidence of other seats that a raise rests on (`seat/code`, sorted). */
export interface RevisedVote extends SeatVote {
  readonly cites: readonly string[];
}

/** What a seat revises. */
export interface RevisionInput {
  readonly seat: string;
  /** The seat's round-1 ballot body. */
  readonly previous: BallotBody;
  /** Its own evidence, as of round 2. */
  readonly evidence: readonly Evidence[];
  /** Round-1 evidence of the other seats. */
  readonly peers: readonly PeerEvidence[];
}

/**
 * Vote of round 2.
 *
 * Lowering is free: critical evidence of a veto seat pulls the score toward that seat's in proportion to
 * its confidence, once it is more likely right than not. Of a veto seat only: were others moved by a seat
 * that may be absent, losing it would turn a non-approval into an approval, whereas an absent veto seat
 * holds. Raising needs a citation: an own `model`, `llm` or merely asserted finding outside its own mandate
 * gives way to approving `rules` or `record` evidence of the seat whose mandate it is. Rules and critical
 * findings stay, and so does a veto.
 */
export function reviseVote(input: RevisionInput, options: CombineOptions): RevisedVote {
  const raised = input.previous.veto === null ? raisedVote(input, options) : null;
  const own = combineEvidence(input.evidence, options);
  return lowered(raised ?? keptVote(input.previous, own), input);
}

/** The round-1 vote, lowered where the seat's own evidence has become worse since (an `llm` asked again). */
function keptVote(previous: BallotBody, own: SeatVote | null): RevisedVote {
  const kept: RevisedVote = {
    scoreBp: previous.scoreBp,
    confidenceBp: previous.confidenceBp,
    applicable: previous.applicable,
    veto: previous.veto,
    families: previous.families,
    cites: [],
  };
  if (!own || own.scoreBp >= previous.scoreBp) return kept;
  return {
    ...own,
    confidenceBp: boundedConfidence(own, previous),
    veto: previous.veto ?? own.veto,
    cites: [],
  };
}

/** A lower score must not bring more weight behind an approval by way of its confidence. */
function boundedConfidence(own: SeatVote, previous: BallotBody): number {
  return own.scoreBp < HALF_BP ? own.confidenceBp : Math.min(own.confidenceBp, previous.confidenceBp);
}

function raisedVote(
  { seat, previous, evidence, peers }: RevisionInput,
  options: CombineOptions,
): RevisedVote | null {
  const cited: PeerEvidence[] = [];
  const kept = evidence.filter((one) => {
    if (!canGiveWay(one)) return true;
    const refuting = peers.find((peer) => refutes(peer, one, seat));
    if (refuting) cited.push(refuting);
    return refuting === undefined;
  });
  if (cited.length === 0) return null;
  const own = kept.some(({ applicable }) => applicable) ? combineEvidence(kept, options) : null;
  const scores = [...cited.map(({ scoreBp }) => scoreBp), ...(own ? [own.scoreBp] : [])];
  const confidences = [...cited.map(({ confidenceBp }) => confidenceBp), ...(own ? [own.confidenceBp] : [])];
  const scoreBp = Math.min(...scores);
  if (scoreBp <= previous.scoreBp) return null;
  return {
    scoreBp,
    confidenceBp: Math.min(...confidences),
    applicable: true,
    veto: own?.veto ?? null,
    families: own?.families ?? [],
    cites: [...new Set(cited.map((peer) => `${peer.seat}/${peer.code}`))].sort(),
  };
}

function canGiveWay(evidence: Evidence): boolean {
  if (!evidence.applicable || evidence.critical) return false;
  // The caller's word gives way even where it is favourable: it was capped, and a record may lift the cap.
  if (evidence.basis === 'asserted') return true;
  return evidence.scoreBp <= HALF_BP && (evidence.kind === 'model' || evidence.kind === 'llm');
}

/** Whether the seat whose mandate the finding is about holds approving evidence that may be cited. */
function refutes(peer: PeerEvidence, finding: Evidence, seat: string): boolean {
  if (peer.seat === seat || peer.scoreBp <= HALF_BP) return false;
  if (peer.kind === 'record')
    return topicOf(finding.code) === peer.seat || topicOf(finding.code) === topicOf(peer.code);
  return peer.kind === 'rules' && topicOf(finding.code) === peer.seat;
}

function lowered(vote: RevisedVote, { seat, previous, peers }: RevisionInput): RevisedVote {
  let lowest = vote;
  for (const peer of peers) {
    if (!weighsIn(peer, seat) || peer.scoreBp >= vote.scoreBp) continue;
    // Expected score if the peer is right with its confidence; rounded toward rejection.
    const scoreBp = vote.scoreBp - Math.ceil(((vote.scoreBp - peer.scoreBp) * peer.confidenceBp) / WHOLE_BP);
    if (scoreBp >= lowest.scoreBp) continue;
    // An approval keeps its own confidence: the peer's would let a surer rejection weigh for the approval.
    const confidenceBp = scoreBp < HALF_BP ? peer.confidenceBp : vote.confidenceBp;
    lowest = { ...vote, scoreBp, confidenceBp, applicable: true };
  }
  // A raise that the lowering took back is none, and needs no citation.
  return lowest.scoreBp < previous.scoreBp ? { ...lowest, cites: [] } : lowest;
}

/**
 * Whether evidence of another seat moves this one: a critical finding of a veto seat, more likely right
 * than not.
 */
export function weighsIn(peer: PeerEvidence, seat: string): boolean {
  if (peer.seat === seat || peer.vetoes !== true || !peer.critical) return false;
  return peer.scoreBp < HALF_BP && peer.confidenceBp >= HALF_BP;
}

/** First part of a code (`privacy.card-number` → `privacy`): the mandate that the finding is about. */
function topicOf(code: string): string {
  return code.split('.', 1)[0] ?? code;
}
