/** Entry of the thread: the evaluators of the built-in seats. */
import { BUILT_IN_SEATS } from '../tree/built-in-seats.ts';
import { serveEvaluations } from './serve-evaluations.ts';

serveEvaluations(BUILT_IN_SEATS);
