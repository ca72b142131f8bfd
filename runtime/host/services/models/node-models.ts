/** What doors ask of models, answered by the registry; orders of operators go on the record first. */
import type { ModelRegistry } from '../../../../agents/inference/registry/model-registry.ts';
import { modelCard, modelStatus, modelViews } from '../../../../agents/inference/registry/model-views.ts';
import type { ServingByRef } from '../../../../agents/inference/registry/model-views.ts';
import type {
  ModelCard,
  ModelChangeView,
  ModelListView,
  ModelServing,
  ModelStatusView,
} from '../../../../contracts/messages/models/card.ts';
import type { ModelChangeRequest } from '../../../../contracts/messages/models/choices.ts';
import type { ModelsBackend } from '../../../../transport/door/models-backend.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Principal } from '../../../kernel/ports/identity.ts';
import type { LedgerPort } from '../../../kernel/ports/ledger.ts';
import { requireScope } from '../../door/require-scope.ts';

/** What the pool of a version says of itself. */
export interface PoolFigures extends ModelServing {
  /** `ref` of its model. */
  readonly model: string;
}

/** What models are answered from. */
export interface NodeModelsParts {
  readonly registry: ModelRegistry;
  readonly ledger: Pick<LedgerPort, 'append'>;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Pools that run on this node; absent: none do. */
  readonly pools?: () => Promise<readonly PoolFigures[]>;
}

/** See {@link ModelsBackend}. */
export class NodeModels implements ModelsBackend {
  readonly #parts: NodeModelsParts;

  constructor(parts: NodeModelsParts) {
    this.#parts = parts;
  }

  async status(principal: Principal): Promise<ModelStatusView> {
    requireScope(principal, 'operator:read');
    return modelStatus(this.#parts.registry, await this.#serving());
  }

  async list(principal: Principal): Promise<ModelListView> {
    requireScope(principal, 'decision:read');
    return { items: modelViews(this.#parts.registry, await this.#serving()) };
  }

  async card(name: string, principal: Principal): Promise<ModelCard> {
    requireScope(principal, 'decision:read');
    return modelCard(this.#parts.registry.resolve(name).entry);
  }

  /** The order is on the record before it is carried out. */
  async change(request: ModelChangeRequest, principal: Principal): Promise<ModelChangeView> {
    requireScope(principal, 'operator:act');
    const { registry, ledger, clock } = this.#parts;
    const { change, ...what } = request;
    const at = new Date(clock.wallMs()).toISOString();
    const payload = { action: `model-${change}`, ...what, by: principal.id, at };
    await ledger.append({ kind: 'admin', tenant: principal.tenant, payload });
    const { id, from, to, choices } = await registry.change(request, principal.id);
    return { id, from, to, generation: choices.generation };
  }

  async #serving(): Promise<ServingByRef> {
    const pools = (await this.#parts.pools?.()) ?? [];
    return new Map(pools.map(({ model, ...figures }) => [model, servingOf(figures)]));
  }
}

/** Only what the view shows: a pool knows more of itself. */
function servingOf(figures: ModelServing): ModelServing {
  const { state, failure, provider, device, workerCount, readyCount } = figures;
  const { queuedRows, rowsPerSecond, p50Ms, p99Ms, restarts } = figures;
  const workers = { workerCount, readyCount, restarts };
  return { state, failure, provider, device, ...workers, queuedRows, rowsPerSecond, p50Ms, p99Ms };
}
