/** What a seat may see of the others in round 2: structure, never prose. */
import type { Ballot } from '../../contracts/messages/ballot.ts';
import type { PeerEvidence } from '../../contracts/messages/evidence.ts';

/**
 * Evidence of every seat but `seat`, in the order of the ballots, without reasons and without labels of spans.
 * @param roundOne counted ballots of round 1, after its close
 */
export function peerEvidenceFor(seat: string, roundOne: readonly Ballot[]): readonly PeerEvidence[] {
  return roundOne
    .filter(({ body }) => body.seat !== seat)
    .flatMap(({ body, evidence }) =>
      evidence
        .filter(({ applicable }) => applicable)
        .map(({ evaluator, kind, code, scoreBp, confidenceBp, critical, spans }) => ({
          seat: body.seat,
          evaluator,
          kind,
          code,
          scoreBp,
          confidenceBp,
          critical,
          spans: spans.map(({ field, start, end }) => ({ field, start, end })),
        })),
    );
}
