/** What doors ask of the models of this node. */
import type {
  ModelCard,
  ModelChangeView,
  ModelListView,
  ModelStatusView,
} from '../../contracts/messages/models/card.ts';
import type { ModelChangeRequest } from '../../contracts/messages/models/choices.ts';
import type { Principal } from '../../runtime/kernel/ports/identity.ts';

/** Models, their cards and their versions. @throws permission_denied */
export interface ModelsBackend {
  status(principal: Principal): Promise<ModelStatusView>;
  list(principal: Principal): Promise<ModelListView>;
  /** By id, `id@version` or alias. @throws not_found, config_invalid, verification_failed */
  card(name: string, principal: Principal): Promise<ModelCard>;
  /**
   * Changes which version serves; resolves when it is on the record and stored.
   * @throws not_found, conflict, verification_failed, storage_failed: then everything is as it was
   */
  change(request: ModelChangeRequest, principal: Principal): Promise<ModelChangeView>;
}
