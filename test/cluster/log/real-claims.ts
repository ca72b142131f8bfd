/** Heartbeat, lease, members and claims of the cluster, for one node; anew when it lost its lease. */
import { Heartbeat } from '../../../cluster/membership/heartbeat.ts';
import { CellLease } from '../../../cluster/membership/cell-lease.ts';
import { LeaseCell } from '../../../cluster/membership/lease-cell.ts';
import { newIncarnation } from '../../../cluster/membership/member-key.ts';
import { Membership } from '../../../cluster/membership/membership.ts';
import { KvClaims } from '../../../cluster/claims/kv-claims.ts';
import type { KvPort } from '../../../runtime/kernel/ports/kv.ts';
import type { SeededRandom } from '../../../runtime/kernel/sim/seeded-random.ts';
import type { HostGate } from './host-gate.ts';

const TIMES = { beatMs: 500, leaseMs: 2_000, hungMs: 10_000 };

interface Parts {
  readonly node: string;
  readonly gate: HostGate;
  readonly kv: KvPort;
  readonly random: SeededRandom;
}

/** See the head of the file. */
export class RealClaims {
  claims: KvClaims;
  readonly #parts: Parts;
  #members: Membership;
  #heartbeat: Heartbeat;

  constructor(parts: Parts) {
    this.#parts = parts;
    [this.claims, this.#members, this.#heartbeat] = this.#run();
    this.#feed();
  }

  /** Nodes with a run that lives, as this node sees it. */
  living(): string[] {
    return [...new Set(this.#members.list().map(({ record }) => record.node))];
  }

  #run(): [KvClaims, Membership, Heartbeat] {
    const { node, gate, kv, random } = this.#parts;
    const { clock } = gate;
    const incarnation = newIncarnation(random);
    const cell = new LeaseCell();
    const lease = new CellLease({ node, incarnation, cell, clock });
    const self = { node, incarnation };
    const members = new Membership({ kv, clock, random: random.fork(), self, times: TIMES });
    const identity = { ...self, protocol: { min: 1, max: 1 }, version: '1', roles: ['ledger'], labels: {} };
    const heartbeat = new Heartbeat({
      kv,
      clock,
      cell,
      identity,
      times: TIMES,
      onOutput: (output) => {
        lease.note(output);
        members.noteHeartbeat(output);
      },
    });
    const claims = new KvClaims({ kv, clock, random: random.fork(), lease, members });
    members.start();
    claims.start();
    heartbeat.start();
    lease.onChange((state) => {
      if (state !== 'lost' || claims !== this.claims) return;
      members.stop();
      claims.stop();
      [this.claims, this.#members, this.#heartbeat] = this.#run();
    });
    return [claims, members, heartbeat];
  }

  #feed(): void {
    this.#parts.gate.clock.setTimer(250, () => this.#feed());
    this.#heartbeat.update({ state: 'up', load: 0, lagMs: 0 });
  }
}
