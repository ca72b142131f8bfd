/** The twelve seats as data: weight and veto of each (COU-02…13). */
import { SeatId } from '../contracts/messages/ids.ts';

/** What the configuration says of one seat; mandate and evaluators are its agent's. */
export interface RosterEntry {
  readonly seat: SeatId;
  /** Decision weight in basis points; the twelve printed weights total 11,000. */
  readonly weightBp: number;
  /** Whether a measured finding of this seat turns an approval into *held*. */
  readonly vetoes: boolean;
}

/** Printed weights in basis points, in the order of the catalogue. */
export const SEAT_WEIGHTS_BP = {
  guardian: 1_500,
  truth: 1_000,
  justice: 1_000,
  wisdom: 1_200,
  compassion: 800,
  transparency: 800,
  accountability: 1_000,
  privacy: 1_000,
  security: 800,
  alignment: 700,
  governance: 600,
  innovation: 600,
} as const satisfies Record<string, number>;

/**
 * Seats with a mandate veto. Each guards against a harm that cannot be taken back once the output is
 * delivered: physical or mass harm (guardian), a statement that its own evidence contradicts (truth), a
 * compromised system (security), disclosed personal data (privacy), a person in crisis (compassion). Two of
 * them
 * together hold at most 2,500 of 11,000, so the mean alone would drown them. Their critical evidence moves
 * the
 * other seats in round 2, and their absence holds a decision; whether a finding vetoes is a matter of its
 * measured precision.
 */
export const VETO_SEATS = ['guardian', 'truth', 'security', 'privacy', 'compassion'] as const;

/** Settings that shape the roster; part of {@link Settings}. */
export interface RosterSettings {
  readonly weightsBp: Readonly<Record<string, number>>;
  readonly vetoSeats: readonly string[];
}

/**
 * Roster of the council, in the order of the catalogue; an array of 12 unless a change request altered it.
 * @example rosterOf({ weightsBp: { guardian: 1500 }, vetoSeats: ['guardian'] })[0].vetoes // true
 */
export function rosterOf(settings: RosterSettings): readonly RosterEntry[] {
  const vetoes = new Set(settings.vetoSeats);
  return Object.entries(settings.weightsBp).map(([seat, weightBp]) => ({
    seat: SeatId.parse(seat),
    weightBp,
    vetoes: vetoes.has(seat),
  }));
}
