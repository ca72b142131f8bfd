/**
 * Measured reliability of the security seat.
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
export const SECURITY_CALIBRATION: SeatCalibration = {
  id: 'security@2026-11-21#c9715ec5238b',
  benignConfidenceBp: 9_932,
  findingConfidenceBp: {
    security: 9_776,
    'security.action.data-exfiltration': 9_914,
    'security.action.disk-wipe': 9_808,
    'security.action.mass-deletion': 9_808,
    'security.action.ransomware': 9_872,
    'security.action.remote-code': 9_791,
    'security.action.resource-exhaustion': 9_808,
    'security.action.reverse-shell': 9_791,
    'security.harm.cyber': 9_356,
    'security.harm.theft': 9_816,
    'security.injection.encoded': 9_791,
    'security.injection.exfiltration': 8_803,
    'security.injection.fake-authority': 9_503,
    'security.injection.fake-message': 9_053,
    'security.injection.hidden-text': 9_835,
    'security.injection.markup': 9_864,
    'security.injection.no-refusal': 9_590,
    'security.injection.override': 9_840,
    'security.injection.persona': 9_947,
    'security.injection.personal-data-request': 9_978,
    'security.injection.prompt-extraction': 9_966,
    'security.injection.repetition': 9_856,
    'security.injection.secret-request': 9_789,
    'security.injection.shots': 9_835,
    'security.injection.splitting': 9_823,
    'security.injection.template': 9_846,
    'security.injection.virtualization': 9_911,
  },
  vetoCodes: [
    'security.harm.theft',
    'security.injection.no-refusal',
    'security.injection.override',
    'security.injection.persona',
    'security.injection.personal-data-request',
    'security.injection.prompt-extraction',
    'security.injection.secret-request',
  ],
};
