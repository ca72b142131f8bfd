import { auditIndexConformance } from '../../../test/conformance/audit-index.ts';
import { decisionIndexConformance } from '../../../test/conformance/decision-index.ts';
import type { PortFixture } from '../../../test/conformance/fixture.ts';
import type { DecisionIndexPort } from '../../kernel/ports/decision/decision-index.ts';
import { MemoryDecisionIndex } from './memory-decision-index.ts';

const makePort = async (): Promise<PortFixture<DecisionIndexPort>> => {
  const port = new MemoryDecisionIndex();
  return { port, pass: async () => {}, end: () => port.close() };
};

decisionIndexConformance('memory', makePort);
auditIndexConformance('memory', makePort);
