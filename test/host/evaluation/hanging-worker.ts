/** Entry of a thread of the built-in seats, one of which hangs on one text. */
import { serveEvaluations } from '../../../runtime/host/evaluation/serve-evaluations.ts';
import { BUILT_IN_SEATS } from '../../../runtime/host/tree/built-in-seats.ts';
import { HANG_TEXT } from './thread-fixtures.ts';

const [first, ...others] = BUILT_IN_SEATS;
const [evaluator, ...more] = first!.evaluators;

serveEvaluations([
  {
    ...first!,
    evaluators: [
      {
        ...evaluator!,
        evaluate: (input, budget) => {
          while (input.decision.request.text === HANG_TEXT);
          return evaluator!.evaluate(input, budget);
        },
      },
      ...more,
    ],
  },
  ...others,
]);
