/** Entry of the thread: the runners of this package. */
import { findOpener } from './find-opener.ts';
import { serveInference } from './serve-inference.ts';

serveInference(findOpener);
