/** One incarnation of this node in its cluster: lease, members, claims, remote actors. */
import { newIncarnation } from '../../../cluster/membership/member-key.ts';
import { KvClaims } from '../../../cluster/claims/kv-claims.ts';
import { Membership } from '../../../cluster/membership/membership.ts';
import type { HeartbeatInput, HeartbeatOutput } from '../../../cluster/membership/heartbeat.ts';
import type { NodeLease } from '../../../cluster/membership/node-lease.ts';
import { startRemoting } from '../../../cluster/remote/start-remoting.ts';
import type { NodeRemoting } from '../../../cluster/remote/start-remoting.ts';
import type { Settings } from '../../../config/schema.ts';
import { CLUSTER_PROTOCOL } from '../../../contracts/cluster-names.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type { ActorSystem } from '../../kernel/index.ts';
import type { BusPort } from '../../kernel/ports/bus.ts';
import type { KvPort } from '../../kernel/ports/kv.ts';
import type { TelemetryPort } from '../../kernel/ports/telemetry.ts';
import { PACKAGE_VERSION } from '../package-info.ts';
import { clusterBucket, clusterConnect } from './cluster-connect.ts';
import { HeartbeatThread } from './heartbeat-thread.ts';
import { processClock } from './process-clock.ts';

/** What a run is made of. */
export interface ClusterRunParts {
  readonly settings: Settings;
  readonly system: ActorSystem;
  readonly bus: BusPort;
  readonly kv: KvPort;
  readonly telemetry: Pick<TelemetryPort, 'log'>;
  /** The incarnation is over: its lease was taken, or its thread is gone. Told once. */
  readonly onOver: (reason: string) => void;
}

const PATH = '/system/cluster';

/** See the head of the file. Its parts are good until `onOver`. */
export class ClusterRun {
  readonly lease: NodeLease;
  readonly members: Membership;
  readonly claims: KvClaims;
  readonly remoting: NodeRemoting;
  readonly #thread: HeartbeatThread;

  private constructor(
    parts: Pick<ClusterRun, 'lease' | 'members' | 'claims' | 'remoting'>,
    thread: HeartbeatThread,
  ) {
    this.lease = parts.lease;
    this.members = parts.members;
    this.claims = parts.claims;
    this.remoting = parts.remoting;
    this.#thread = thread;
  }

  /** Joins the cluster; resolves when the lease is held. @throws what connecting throws, unavailable */
  static async start({ settings, system, bus, kv, telemetry, onOver }: ClusterRunParts): Promise<ClusterRun> {
    const { cluster, node } = settings;
    const { beatMs, leaseMs, hungMs, slowMs, forgetMs } = cluster;
    const incarnation = newIncarnation(system.random);
    const self = { node: node.name, incarnation };
    const onFailure = (error: WitanError): void =>
      telemetry.log('warn', PATH, 'the store of the cluster did not do what was asked', {
        code: error.code,
        error: error.message,
      });
    const shared = { kv, clock: processClock, random: system.random, onFailure };
    const members = new Membership({ ...shared, self, times: { beatMs, leaseMs }, slowMs, forgetMs });
    let isOver = false;
    const over = (reason: string): void => {
      if (isOver) return;
      isOver = true;
      onOver(reason);
    };
    const thread = await HeartbeatThread.start({
      connect: { ...clusterConnect(settings), name: `witan/${node.name}/heartbeat` },
      kv: clusterBucket(settings),
      identity: {
        ...self,
        protocol: CLUSTER_PROTOCOL,
        version: PACKAGE_VERSION,
        roles: [...node.roles],
        labels: cluster.labels,
      },
      times: { beatMs, leaseMs, hungMs },
      onOutput: (output: HeartbeatOutput) => {
        members.noteHeartbeat(output);
        if (output.state === 'lost') over('another node has declared it gone');
      },
      onFailure,
      onEnd: (error) => over(error.message),
    });
    const { lease } = thread;
    const claims = new KvClaims({ ...shared, lease, members });
    members.start();
    claims.start();
    try {
      const remoting = await startRemoting({ system, bus, members, cluster: cluster.name });
      const run = new ClusterRun({ lease, members, claims, remoting }, thread);
      await run.#held(hungMs);
      return run;
    } catch (error) {
      isOver = true;
      claims.stop();
      members.stop();
      await thread.stop();
      throw error;
    }
  }

  /** What others see of this node. */
  update(input: Pick<HeartbeatInput, 'state' | 'load'>): void {
    this.#thread.update(input);
  }

  /** Gives the lease up; whatever it covered has ended. Idempotent. */
  async close(): Promise<void> {
    await this.remoting.close();
    this.claims.stop();
    await this.#thread.stop();
    this.members.stop();
  }

  /** @throws unavailable when the store does not take the first renewals in time */
  #held(waitMs: number): Promise<void> {
    if (this.lease.isHeld()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = processClock.setTimer(waitMs, () => {
        stop();
        reject(new WitanError('unavailable', `the cluster did not take this node in within ${waitMs} ms`));
      });
      const stop = this.lease.onChange(() => {
        if (!this.lease.isHeld()) return;
        stop();
        timer.cancel();
        resolve();
      });
    });
  }
}
