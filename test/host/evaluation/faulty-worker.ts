/** Entry of a thread that does what the texts say. */
import { serveEvaluations } from '../../../runtime/host/evaluation/serve-evaluations.ts';
import { FAULTY_SEATS } from './faulty-seats.ts';

serveEvaluations(FAULTY_SEATS);
