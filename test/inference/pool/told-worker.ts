/** Entry of a thread with the runner that does what the texts say. */
import { serveInference } from '../../../runtime/host/inference/serve-inference.ts';
import { openTold } from './told-runner.ts';

function forEver(): Promise<never> {
  for (;;) Math.sqrt(2);
}

serveInference(() => Promise.resolve(openTold(() => process.exit(7), forEver)));
