/** The standard health service, from the node's own state; each call passes the gate. */
import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import type { DoorBackend } from '../door/backend.ts';

/** What a package of services adds itself to. */
export interface ServiceSink {
  addService(service: ServiceDefinition, implementation: UntypedServiceImplementation): void;
}

/** How often followers of the health are told of a change, ms. */
const POLL_MS = 1_000;

/** Health of a node as the standard service tells it. */
export class NodeHealth {
  readonly #backend: DoorBackend;
  readonly #names: readonly string[];
  readonly #health: HealthImplementation;
  readonly #poll: NodeJS.Timeout;
  #shown = '';

  /** `names`: full names of the services beside the whole node, which is the empty name. */
  constructor(backend: DoorBackend, names: readonly string[]) {
    this.#backend = backend;
    this.#names = ['', ...names];
    this.#health = new HealthImplementation();
    this.refresh();
    this.#poll = setInterval(() => this.refresh(), POLL_MS);
    this.#poll.unref();
  }

  /** Adds the service; `refresh` runs before each answer, so that no answer is older than its question. */
  addTo(sink: ServiceSink): void {
    this.#health.addToServer(sink as Parameters<HealthImplementation['addToServer']>[0]);
  }

  /** Takes the node's state over. */
  refresh(): void {
    const own = this.#backend.health().status;
    const status = own === 'ready' || own === 'degraded' ? 'SERVING' : 'NOT_SERVING';
    if (status === this.#shown) return;
    this.#shown = status;
    for (const name of this.#names) this.#health.setStatus(name, status);
  }

  /** Tells followers that the door closes. */
  close(): void {
    clearInterval(this.#poll);
    for (const name of this.#names) this.#health.setStatus(name, 'NOT_SERVING');
  }
}
