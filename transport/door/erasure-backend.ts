/** What doors ask of the erasure of personal data. */
import type {
  ErasureRequest,
  ErasureView,
  HoldList,
  HoldRequest,
  HoldView,
} from '../../contracts/messages/privacy/erasure.ts';
import type { SubjectExport, SubjectExportRequest } from '../../contracts/messages/privacy/subject-export.ts';
import type { Principal } from '../../runtime/kernel/ports/identity.ts';

/** Erasure and legal hold. Scopes are checked by the node, as the table of operations says. */
export interface ErasureBackend {
  /** Answers when the request is stored. @throws permission_denied, conflict, not_found, not_supported */
  request(request: ErasureRequest, principal: Principal): Promise<ErasureView>;
  /** @throws permission_denied, not_found */
  read(erasureId: string, principal: Principal): Promise<ErasureView>;
  /** A page of what the record holds on a person. @throws permission_denied, invalid_argument, storage_failed */
  exportSubject(request: SubjectExportRequest, principal: Principal): Promise<SubjectExport>;
  /** @throws permission_denied, not_found, not_supported */
  hold(request: HoldRequest, principal: Principal): Promise<HoldView>;
  /** @throws permission_denied, not_found, conflict */
  release(holdId: string, reason: string, principal: Principal): Promise<HoldView>;
  /** @throws permission_denied */
  holds(principal: Principal): Promise<HoldList>;
  /** Position of the entry that certifies the destruction of one of these keys; says nothing of whose. */
  readonly entryOf: (keyIds: readonly string[]) => Promise<number | undefined>;
}
