/** Publishes a decision's events on its stream, and forwards every stream to the bus (ORC-02). */
import { utf8 } from '../../../../contracts/ledger/bytes.ts';
import type { DecisionEvent } from '../../../../contracts/messages/events.ts';
import type { DecisionId } from '../../../../contracts/messages/ids.ts';
import { decisionSubject } from '../../../../contracts/subjects.ts';
import type { BusPort } from '../../../../runtime/kernel/ports/bus.ts';
import type { DecisionEventsPort } from '../../../../runtime/kernel/ports/decision/decision-events.ts';

/**
 * Decisions whose tenant is remembered; the oldest go first. Late ballots come within seconds; whoever
 * publishes later names the tenant again.
 */
const TENANTS_REMEMBERED = 8_192;

/** Forwards events to the bus under the subject of their tenant; one per node. */
export class BusForwarder {
  readonly #bus: BusPort;
  readonly #isOn: () => boolean;
  readonly #tenants = new Map<DecisionId, string>();

  constructor(bus: BusPort, isOn: () => boolean) {
    this.#bus = bus;
    this.#isOn = isOn;
  }

  /** Names the tenant of a decision; events of a decision without tenant are not forwarded. */
  remember(decisionId: DecisionId, tenant: string): void {
    this.#tenants.set(decisionId, tenant);
    if (this.#tenants.size > TENANTS_REMEMBERED) this.#tenants.delete(this.#tenants.keys().next().value!);
  }

  /** Follows all streams of this node. Returns an unsubscribe. */
  start(events: DecisionEventsPort): () => void {
    return events.subscribeAll({
      onEvent: (event) => this.#forward(event),
      // The bus is at-most-once: who needs every event reads the decision's stream or the log.
      onGap: () => {},
      onEnd: () => {},
    });
  }

  #forward(event: DecisionEvent): void {
    const tenant = this.#tenants.get(event.decisionId);
    if (tenant === undefined || !this.#isOn()) return;
    // Most nodes have no follower on the bus, and a ballot's text costs more than its delivery.
    if (this.#bus.isHeard?.() === false) return;
    const subject = decisionSubject(tenant, event.decisionId, event.type);
    if (this.#bus.isHeard?.(subject) === false) return;
    this.#bus.publish(subject, utf8(JSON.stringify(event)));
  }
}
