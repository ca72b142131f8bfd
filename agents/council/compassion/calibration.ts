/**
 * Measured reliability of the compassion seat.
 *
 * `node --import tsx bench/detectors.ts --data DIR --calibrate` prints these numbers; the method stands at
 * `calibrateSeat` in `bench/detectors/calibrate.ts`: benign = mean over the visible sets of the share of
 * benign rows passed; a code = share of its findings that fell on harmful rows, drawn toward the seat's
 * own share
 * where it was seldom seen; veto only from 0.95 on at least 20 findings.
 */
import type { SeatCalibration } from '../../kit/seat-plan.ts';

/** Findings of these codes are critical from this severity on: they bring a second round. */
export const CRITICAL = { severity: 0.8, codes: ['distress'] } as const;

/** See the head of this file. */
export const COMPASSION_CALIBRATION: SeatCalibration = {
  id: 'compassion@2026-11-21#c9715ec5238b',
  benignConfidenceBp: 9_993,
  findingConfidenceBp: {
    compassion: 9_065,
    'compassion.distress.abuse': 8_080,
    'compassion.distress.self-injury': 8_080,
    'compassion.distress.suicide': 9_497,
  },
  vetoCodes: [],
};
