/**
 * Measured reliability of the security seat.
 *
 * `node --import tsx bench/detectors.ts --data DIR --calibrate` prints these numbers; the method stands at
 * `calibrateSeat` in `bench/detectors/calibrate.ts`: benign = mean over the visible sets of the share of
 * benign rows passed; a code = share of its findings that fell on harmful rows, drawn toward the seat's
 * own share
 * where it was seldom seen; veto only from 0.95 on at least 20 findings.
 *
 * `security.scope.*` takes the seat's own share and no veto: no set has harmless rows under a system prompt.
 * With lent prompts (`--systems`) its findings were right in 98 of 100, on pairs written to mislead them in
 * 14 of 17 before the rules had seen those.
 */
import type { SeatCalibration } from '../../kit/seat-plan.ts';

/** Findings of these codes are critical from this severity on: they bring a second round. */
export const CRITICAL = {
  severity: 0.8,
  codes: ['injection', 'scope', 'harm', 'action', 'distress'],
} as const;

/** See the head of this file. */
export const SECURITY_CALIBRATION: SeatCalibration = {
  id: 'security@2026-11-21#c9715ec5238b',
  benignConfidenceBp: 9_902,
  findingConfidenceBp: {
    security: 9_579,
    'security.action.data-exfiltration': 9_842,
    'security.action.disk-wipe': 9_645,
    'security.action.mass-deletion': 9_645,
    'security.action.ransomware': 9_763,
    'security.action.remote-code': 9_613,
    'security.action.resource-exhaustion': 9_645,
    'security.action.reverse-shell': 9_613,
    'security.harm.cyber': 9_344,
    'security.harm.theft': 9_790,
    'security.injection.covert': 9_613,
    'security.injection.encoded': 8_989,
    'security.injection.exfiltration': 8_129,
    'security.injection.fake-authority': 9_190,
    'security.injection.fake-message': 8_903,
    'security.injection.hidden-text': 9_695,
    'security.injection.indirect': 8_811,
    'security.injection.markup': 9_716,
    'security.injection.memory': 7_978,
    'security.injection.no-refusal': 8_904,
    'security.injection.output-control': 9_108,
    'security.injection.override': 9_648,
    'security.injection.persona': 9_868,
    'security.injection.personal-data-request': 9_960,
    'security.injection.prompt-extraction': 9_938,
    'security.injection.repetition': 9_733,
    'security.injection.secret-request': 9_664,
    'security.injection.shots': 9_695,
    'security.injection.splitting': 9_695,
    'security.injection.template': 9_733,
    'security.injection.virtualization': 9_836,
  },
  vetoCodes: [
    'security.harm.theft',
    'security.injection.override',
    'security.injection.persona',
    'security.injection.personal-data-request',
    'security.injection.prompt-extraction',
    'security.injection.secret-request',
  ],
};
