/**
 * Measured reliability of the guardian seat.
 *
 * `node --import tsx bench/detectors.ts --data DIR --calibrate` prints these numbers; the method stands at
 * `calibrateSeat` in `bench/detectors/calibrate.ts`: benign = mean over the visible sets of the share of benign
 * rows passed; a code = share of its findings that fell on harmful rows, drawn toward the seat's own share
 * where it was seldom seen; veto only from 0.95 on at least 20 findings.
 */
import type { SeatCalibration } from '../../kit/seat-plan.ts';

/** Findings of these codes are critical from this severity on: they bring a second round. */
export const CRITICAL = { severity: 0.8, codes: ['injection', 'harm', 'action', 'distress'] } as const;

/** See the head of this file. */
export const GUARDIAN_CALIBRATION: SeatCalibration = {
  id: 'guardian@2026-11-21#c9715ec5238b',
  benignConfidenceBp: 9_895,
  findingConfidenceBp: {
    guardian: 9_762,
    'guardian.action.data-exfiltration': 9_910,
    'guardian.action.disk-wipe': 9_798,
    'guardian.action.mass-deletion': 9_798,
    'guardian.action.ransomware': 9_865,
    'guardian.action.remote-code': 9_780,
    'guardian.action.resource-exhaustion': 9_798,
    'guardian.action.reverse-shell': 9_780,
    'guardian.harm.cbrn': 9_798,
    'guardian.harm.crime': 9_694,
    'guardian.harm.cyber': 9_513,
    'guardian.harm.drugs': 9_926,
    'guardian.harm.hate': 9_956,
    'guardian.harm.incitement': 9_844,
    'guardian.harm.minors': 9_813,
    'guardian.harm.privacy': 9_655,
    'guardian.harm.self-harm': 9_556,
    'guardian.harm.theft': 9_751,
    'guardian.harm.violence': 9_645,
    'guardian.harm.weapons': 9_950,
    'guardian.injection.encoded': 9_780,
    'guardian.injection.exfiltration': 8_799,
    'guardian.injection.fake-authority': 9_501,
    'guardian.injection.fake-message': 9_044,
    'guardian.injection.hidden-text': 9_827,
    'guardian.injection.markup': 9_857,
    'guardian.injection.no-refusal': 9_589,
    'guardian.injection.override': 9_839,
    'guardian.injection.persona': 9_946,
    'guardian.injection.personal-data-request': 9_977,
    'guardian.injection.prompt-extraction': 9_964,
    'guardian.injection.repetition': 9_848,
    'guardian.injection.secret-request': 9_788,
    'guardian.injection.shots': 9_827,
    'guardian.injection.splitting': 9_813,
    'guardian.injection.template': 9_838,
    'guardian.injection.virtualization': 9_906,
  },
  vetoCodes: [
    'guardian.harm.crime',
    'guardian.harm.drugs',
    'guardian.harm.hate',
    'guardian.harm.incitement',
    'guardian.harm.theft',
    'guardian.harm.violence',
    'guardian.harm.weapons',
    'guardian.injection.no-refusal',
    'guardian.injection.override',
    'guardian.injection.persona',
    'guardian.injection.personal-data-request',
    'guardian.injection.prompt-extraction',
    'guardian.injection.secret-request',
  ],
};
