/** Accountability as doors see it: responsibility, lineage, investigations and their evidence. */
import type { EvidencePackage } from '../../contracts/messages/accountability/evidence.ts';
import type { ResponsibilityGraph } from '../../contracts/messages/accountability/graph.ts';
import type {
  Investigation,
  InvestigationReport,
  InvestigationRequest,
} from '../../contracts/messages/accountability/investigation.ts';
import type { Lineage } from '../../contracts/messages/accountability/lineage.ts';
import type { Page } from '../../contracts/messages/decision-view.ts';
import type { DecisionId } from '../../contracts/messages/ids.ts';
import type { Principal } from '../../runtime/kernel/ports/identity.ts';
import type { PageRequest } from './backend.ts';

/** Every method checks scopes and tenant. @throws permission_denied, not_found */
export interface AccountabilityBackend {
  responsibility(decisionId: DecisionId, principal: Principal): Promise<ResponsibilityGraph>;
  /** Data of a decision, or uses of a datum. @throws invalid_argument for a cursor that is none */
  lineage(of: string, page: PageRequest, principal: Principal): Promise<Lineage>;
  /** Resolves when it stands on the record. @throws too_large for more than 50 decisions */
  open(request: InvestigationRequest, principal: Principal): Promise<Investigation>;
  list(page: PageRequest, principal: Principal): Promise<Page<Investigation>>;
  read(id: string, principal: Principal): Promise<Investigation>;
  /** @throws conflict when it is closed */
  note(id: string, text: string, principal: Principal): Promise<Investigation>;
  /** @throws conflict when it is closed */
  close(id: string, conclusion: string, principal: Principal): Promise<Investigation>;
  report(id: string, principal: Principal): Promise<InvestigationReport>;
  /** Signed package of evidence; the record says who took it. @throws too_large */
  export(id: string, principal: Principal): Promise<EvidencePackage>;
}
