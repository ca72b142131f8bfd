/**
 * Measured reliability of the guardian seat.
 *
 * `node --import tsx bench/detectors.ts --data DIR --calibrate` prints these numbers; the method stands at
 * `calibrateSeat` in `bench/detectors/calibrate.ts`: benign = mean over the visible sets of the share of
 * benign rows passed; a code = share of its findings that fell on harmful rows, drawn toward the seat's
 * own share
 * where it was seldom seen; veto only from 0.95 on at least 20 findings.
 */
import type { SeatCalibration } from '../../kit/seat-plan.ts';

/** Findings of these codes are critical from this severity on: they bring a second round. */
export const CRITICAL = { severity: 0.8, codes: ['injection', 'harm', 'action', 'distress'] } as const;

/** See the head of this file. */
export const GUARDIAN_CALIBRATION: SeatCalibration = {
  id: 'guardian@2026-11-21#c9715ec5238b',
  benignConfidenceBp: 9_865,
  findingConfidenceBp: {
    guardian: 9_607,
    'guardian.action.data-exfiltration': 9_853,
    'guardian.action.disk-wipe': 9_669,
    'guardian.action.mass-deletion': 9_669,
    'guardian.action.ransomware': 9_779,
    'guardian.action.remote-code': 9_639,
    'guardian.action.resource-exhaustion': 9_669,
    'guardian.action.reverse-shell': 9_639,
    'guardian.harm.cbrn': 9_669,
    'guardian.harm.crime': 9_691,
    'guardian.harm.cyber': 9_503,
    'guardian.harm.drugs': 9_879,
    'guardian.harm.hate': 9_781,
    'guardian.harm.incitement': 9_704,
    'guardian.harm.minors': 9_694,
    'guardian.harm.privacy': 9_611,
    'guardian.harm.self-harm': 9_501,
    'guardian.harm.theft': 9_726,
    'guardian.harm.violence': 9_639,
    'guardian.harm.weapons': 9_919,
    'guardian.injection.covert': 9_639,
    'guardian.injection.encoded': 9_001,
    'guardian.injection.exfiltration': 8_139,
    'guardian.injection.fake-authority': 9_194,
    'guardian.injection.fake-message': 8_925,
    'guardian.injection.hidden-text': 9_716,
    'guardian.injection.indirect': 8_835,
    'guardian.injection.markup': 9_735,
    'guardian.injection.memory': 8_002,
    'guardian.injection.no-refusal': 8_905,
    'guardian.injection.output-control': 9_126,
    'guardian.injection.override': 9_649,
    'guardian.injection.persona': 9_869,
    'guardian.injection.personal-data-request': 9_963,
    'guardian.injection.prompt-extraction': 9_942,
    'guardian.injection.repetition': 9_751,
    'guardian.injection.secret-request': 9_665,
    'guardian.injection.shots': 9_716,
    'guardian.injection.splitting': 9_716,
    'guardian.injection.template': 9_751,
    'guardian.injection.virtualization': 9_847,
  },
  vetoCodes: [
    'guardian.harm.crime',
    'guardian.harm.drugs',
    'guardian.harm.hate',
    'guardian.harm.incitement',
    'guardian.harm.theft',
    'guardian.harm.violence',
    'guardian.harm.weapons',
    'guardian.injection.override',
    'guardian.injection.persona',
    'guardian.injection.personal-data-request',
    'guardian.injection.prompt-extraction',
    'guardian.injection.secret-request',
  ],
};
