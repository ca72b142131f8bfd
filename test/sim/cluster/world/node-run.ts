/** One run of a node in its cluster: lease, members, claims, remote actors. */
import type { NodeRemoting } from '../../../../cluster/remote/start-remoting.ts';
import { startRemoting } from '../../../../cluster/remote/start-remoting.ts';
import { LeaseNode } from '../../../cluster/leases/lease-world.ts';
import type { ClusterNode } from './cluster-node.ts';
import { CLUSTER } from './cluster-node.ts';

/** See the head of the file. */
export class NodeRun {
  readonly node: ClusterNode;
  readonly lease: LeaseNode;
  remoting: NodeRemoting | undefined;

  constructor(node: ClusterNode, onOver: () => void) {
    const { world, name, clock, system, machine } = node;
    this.node = node;
    this.lease = new LeaseNode(world, name, {
      ...world.plant?.lease?.(),
      roles: machine.roles,
      process: { clock, system },
    });
    this.lease.lease.onChange((state) => {
      world.record.trace.note('lease', name, this.lease.incarnation, state);
      if (state === 'lost') onOver();
    });
  }

  get incarnation(): string {
    return this.lease.incarnation;
  }

  /** Whether it may own things: its lease is not lost, its process runs. */
  get isLiving(): boolean {
    return this.node.isAlive && this.node.run === this;
  }

  /** Joins the bus. */
  async open(): Promise<void> {
    const { system, bus } = this.node;
    const { members } = this.lease;
    this.remoting = await startRemoting({ system, bus, members, cluster: CLUSTER });
  }

  /** Lost: nothing of it goes on. */
  async end(): Promise<void> {
    this.lease.end();
    await this.remoting?.close();
  }

  /** Gives the lease up. */
  async leave(): Promise<void> {
    await this.remoting?.close();
    await this.lease.heartbeat.stop();
    this.lease.end();
  }
}
