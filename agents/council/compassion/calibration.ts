/** Measured reliability of the compassion seat; `node --import tsx bench/detectors.ts --calibrate` prints these numbers. */
import type { SeatCalibration } from '../../kit/seat-plan.ts';

/** Findings from this severity on, with these codes, are critical: they bring the council to a second round. */
export const CRITICAL = { severity: 0.9, codes: ['injection', 'harm', 'action', 'distress.suicide'] } as const;

/** See the head of this file. */
export const COMPASSION_CALIBRATION: SeatCalibration = {
  id: 'uncalibrated',
  benignConfidenceBp: 9_500,
  findingConfidenceBp: { compassion: 9_000 },
  vetoCodes: [],
};
