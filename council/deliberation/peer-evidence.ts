/** What a seat may see of the others in round 2: structure, never prose. */
import type { Ballot } from '../../contracts/messages/ballot.ts';
import type { PeerEvidence } from '../../contracts/messages/evidence.ts';
import type { SessionTerms } from '../../contracts/messages/session.ts';

/**
 * Evidence of every seat but `seat`, in the order of the ballots, without reasons and without labels of
 * spans.
 * @param roundOne counted ballots of round 1, after its close
 */
export function peerEvidenceFor(
  seat: string,
  roundOne: readonly Ballot[],
  { roster }: Pick<SessionTerms, 'roster'>,
): readonly PeerEvidence[] {
  const vetoSeats = new Set<string>(roster.filter(({ vetoes }) => vetoes).map((frozen) => frozen.seat));
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
          vetoes: vetoSeats.has(body.seat),
          spans: spans.map(({ field, start, end }) => ({ field, start, end })),
        })),
    );
}
