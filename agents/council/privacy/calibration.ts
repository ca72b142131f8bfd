/** How often Privacy is right about places of personal data and requests for it. */
import type { SeatCalibration } from '../../kit/seat-plan.ts';

/** Measured by `bench/record-seats.ts --calibrate`, which prints these numbers again. */
export const PRIVACY_CALIBRATION: SeatCalibration = {
  id: 'privacy@2026-11-21#d0a3dbc498f5',
  benignConfidenceBp: 9_776,
  findingConfidenceBp: {
    privacy: 9_000,
    'privacy.present': 9_947,
    'privacy.disclosed': 9_894,
    'privacy.disclosed-unverified': 7_500,
    'privacy.request': 9_200,
  },
  vetoCodes: ['privacy.disclosed.card-number', 'privacy.disclosed.iban', 'privacy.disclosed.national-id'],
};
