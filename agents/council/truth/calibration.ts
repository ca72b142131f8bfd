/** How often Truth is right: claims with evidence, held-out half of three labelled sets. */
import type { SeatCalibration } from '../../kit/seat-plan.ts';

/** Measured by `bench/record-seats.ts --calibrate`, which prints these numbers again. */
export const TRUTH_CALIBRATION: SeatCalibration = {
  id: 'truth@2026-11-21#75941b5621ee',
  benignConfidenceBp: 9_848,
  findingConfidenceBp: {
    truth: 7_000,
    'truth.supported': 7_063,
    'truth.contradicted': 8_947,
    'truth.contradicted.negation': 5_556,
    'truth.unsupported': 9_554,
    'truth.weak': 8_478,
  },
  vetoCodes: [],
};
