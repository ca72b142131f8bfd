/**
 * Measured reliability of the security seat. `node --import tsx bench/detectors.ts --data DIR --calibrate` prints these
 * numbers; the method stands at `calibrateSeat` in `bench/detectors/calibrate.ts`: benign = mean over the visible sets
 * of the share of benign rows passed; a code = share of its findings that fell on harmful rows, Laplace-smoothed (so a
 * code that was seldom seen stays low); veto only from 0.95 on at least 20 findings.
 */
import type { SeatCalibration } from '../../kit/seat-plan.ts';

/** Findings from this severity on, with these codes, are critical: they bring the council to a second round. */
export const CRITICAL = { severity: 0.8, codes: ['injection', 'harm', 'action', 'distress'] } as const;

/** See the head of this file. */
export const SECURITY_CALIBRATION: SeatCalibration = {
  id: 'security@2026-11-21#c9715ec5238b',
  benignConfidenceBp: 9_933,
  findingConfidenceBp: {
    security: 9_775,
    'security.action.data-exfiltration': 9_473,
    'security.action.disk-wipe': 7_500,
    'security.action.mass-deletion': 7_500,
    'security.action.ransomware': 9_000,
    'security.action.remote-code': 6_666,
    'security.action.resource-exhaustion': 7_500,
    'security.action.reverse-shell': 6_666,
    'security.harm.cyber': 9_271,
    'security.harm.theft': 9_661,
    'security.injection.encoded': 6_666,
    'security.injection.exfiltration': 7_647,
    'security.injection.fake-authority': 9_298,
    'security.injection.fake-message': 6_000,
    'security.injection.hidden-text': 8_333,
    'security.injection.markup': 8_888,
    'security.injection.no-refusal': 9_552,
    'security.injection.override': 9_812,
    'security.injection.persona': 9_928,
    'security.injection.personal-data-request': 9_898,
    'security.injection.prompt-extraction': 9_836,
    'security.injection.repetition': 8_750,
    'security.injection.secret-request': 9_750,
    'security.injection.shots': 8_333,
    'security.injection.splitting': 8_000,
    'security.injection.template': 8_571,
    'security.injection.virtualization': 9_444,
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
