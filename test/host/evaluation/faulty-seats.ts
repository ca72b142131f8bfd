/** Seats whose evaluators do what a decision's text says: `crash`, `exit`, `hang`, `throw`, `print`. */
import { ruleEvaluator } from '../../../agents/kit/detect/record/rule-evaluator.ts';
import type { SeatCalibration, SeatPlan } from '../../../agents/kit/seat-plan.ts';
import { SeatId } from '../../../contracts/messages/ids.ts';
import type { EvaluationInput } from '../../../runtime/kernel/ports/evaluator.ts';

const calibration: SeatCalibration = {
  id: 'uncalibrated',
  benignConfidenceBp: 9_000,
  findingConfidenceBp: {},
  vetoCodes: [],
};

let judged = 0;

/** Ends, blocks or fails as the text says; else tells how many inputs this thread had judged before. */
function obey({ decision }: EvaluationInput): { code: string; reason: string }[] {
  const { text } = decision.request;
  if (text === 'hang') for (;;);
  if (text === 'exit') process.exit(7);
  if (text === 'throw') throw new TypeError('a rule that fails');
  if (text === 'print') process.stdout.write('said by a rule\n');
  if (text === 'none') return [];
  if (decision.tenant !== 'system') judged += 1;
  return [{ code: 'faulty.told', reason: `${text} was number ${judged}.` }];
}

/** Ends the thread out of the turn that would catch it; no answer comes before. */
function crashed({ decision }: EvaluationInput): Promise<never> | undefined {
  if (decision.request.text !== 'crash') return undefined;
  return new Promise(() => {
    queueMicrotask(() => {
      throw new Error('a defect');
    });
  });
}

const told = ruleEvaluator({
  id: 'obedient/told',
  version: '1.0.0',
  kind: 'rules',
  rules: ['told'],
  calibration,
  judge: (input) => obey(input).map((finding) => ({ ...finding, scoreBp: 8_000, basis: 'content' as const })),
});

/** Two seats: one obeys the text, the other finds nothing. */
export const FAULTY_SEATS: readonly SeatPlan[] = [
  {
    seat: SeatId.parse('obedient'),
    title: 'Obedient',
    mandate: 'Does what the text says.',
    evaluators: [{ ...told, evaluate: (input, budget) => crashed(input) ?? told.evaluate(input, budget) }],
    isApplicable: ({ request }) => request.text !== 'untouched',
    calibration,
  },
  {
    seat: SeatId.parse('quiet'),
    title: 'Quiet',
    mandate: 'Finds nothing.',
    evaluators: [
      ruleEvaluator({
        id: 'quiet/nothing',
        version: '1.0.0',
        kind: 'record',
        rules: [],
        calibration,
        judge: () => [],
      }),
    ],
    isApplicable: () => false,
    calibration,
  },
];
