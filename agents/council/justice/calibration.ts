/** How often Justice is right about words; what it finds in the context has no labelled set. */
import type { SeatCalibration } from '../../kit/seat-plan.ts';

/** Measured by `bench/record-seats.ts --calibrate`, which prints these numbers again. */
export const JUSTICE_CALIBRATION: SeatCalibration = {
  id: 'justice@2026-11-21#a4b2861577ae',
  benignConfidenceBp: 9_848,
  findingConfidenceBp: {
    justice: 9_000,
    'justice.demand': 8_889,
    'justice.generalisation': 6_767,
  },
  vetoCodes: [],
};
