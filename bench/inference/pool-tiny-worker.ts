/** Entry of a thread with one of the tiny models. */
import { serveInference } from '../../runtime/host/inference/serve-inference.ts';
import { openTiny } from './pool-tiny-model.ts';

serveInference(() => Promise.resolve(openTiny));
