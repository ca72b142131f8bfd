import { decisionIndexConformance } from '../../../test/conformance/decision-index.ts';
import { MemoryDecisionIndex } from './memory-decision-index.ts';

decisionIndexConformance('memory', async () => {
  const port = new MemoryDecisionIndex();
  return { port, pass: async () => {}, end: () => port.close() };
});
