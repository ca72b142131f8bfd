/** What renewals and watchers cost a real NATS server, and a node that takes them in. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { memberKey } from '../../../contracts/cluster-names.ts';
import { encodeMember } from '../../../cluster/membership/member-key.ts';
import { connectNats } from '../../../transport/nats/index.ts';
import type { KvPort } from '../../../runtime/kernel/ports/kv.ts';
import { findNatsServer, startNatsServers } from '../../../tools/cluster/nats-server.ts';
import { processorMs } from '../decisions/processor-time.ts';
import { Watchers } from './watchers.ts';
import { BUCKET } from './watch-job.ts';

/** Members whose keys are renewed. */
const KEY_COUNT = 100;
/** Renewals a second of so many nodes with a beat of 500 ms. */
const PACED_PER_S = 200;
const LANES = 64;

/** Measured on one server. Times of the processor in µs. */
export interface ServerCosts {
  /** Compare-and-sets a second, as many as it takes, 64 at once. */
  readonly writesPerS: number;
  readonly writeUs: number;
  /** Deliveries a second, as many as come through. */
  readonly deliveriesPerS: number;
  readonly deliverUs: number;
  /** The same at the pace of a hundred nodes at rest. */
  readonly pacedDeliverUs: number;
  /** Node: a change taken in by watch, table of members and failure detector. */
  readonly takeInUs: number;
  readonly pacedTakeInUs: number;
  readonly valueBytes: number;
}

/** How long each of the three stretches is, and how many watch. */
export interface CostPace {
  readonly stretchMs: number;
  readonly watcherCount: number;
}

/** Starts a server, renews keys without and with watchers on connections of their own. */
export async function measureServer({ stretchMs, watcherCount }: CostPace): Promise<ServerCosts> {
  const folder = mkdtempSync(join(tmpdir(), 'witan-scale-'));
  const onLine = (): void => undefined;
  const binary = findNatsServer(onLine);
  const { url, servers } = await startNatsServers({ binary, count: 1, folder, onLine });
  const kill = (): void => servers.forEach((server) => server.kill());
  process.once('exit', kill);
  const ports = await connectNats({ url, name: 'bench-scale', reconnectWaitMs: 50 });
  let watchers: Watchers | undefined;
  try {
    const kv = await ports.openKv({ bucket: BUCKET });
    const renewals = await Renewals.open(kv);
    const pid = servers[0]!.pid!;
    await renewals.flatOut(stretchMs / 4);
    const alone = await costOf([pid], () => renewals.flatOut(stretchMs));
    watchers = await Watchers.start(url, watcherCount);
    await delay(200);
    const processes = [pid, watchers.pid];
    const paced = await costOf(processes, () => renewals.paced(stretchMs, PACED_PER_S), watchers);
    const told = await costOf(processes, () => renewals.flatOut(stretchMs), watchers);
    const writeUs = alone.spentUs[0]! / alone.writes;
    const deliverUs = ({ spentUs, writes, seen }: Cost): number => (spentUs[0]! - writes * writeUs) / seen;
    return {
      ...{ writesPerS: alone.writes / alone.seconds, writeUs, valueBytes: renewals.valueBytes },
      ...{ deliveriesPerS: told.seen / told.seconds, deliverUs: deliverUs(told) },
      ...{ pacedDeliverUs: deliverUs(paced), takeInUs: told.spentUs[1]! / told.seen },
      pacedTakeInUs: paced.spentUs[1]! / paced.seen,
    };
  } finally {
    watchers?.close();
    await ports.close();
    await Promise.all(servers.map((server) => server.stop(5_000)));
    process.off('exit', kill);
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Cost {
  readonly writes: number;
  readonly seen: number;
  readonly seconds: number;
  readonly spentUs: readonly number[];
}

async function costOf(
  pids: readonly number[],
  work: () => Promise<number>,
  watchers?: Watchers,
): Promise<Cost> {
  const before = pids.map(processorMs);
  const seenBefore = (await watchers?.seen()) ?? 0;
  const startMs = performance.now();
  const writes = await work();
  // What was written is told: the last deliveries are on their way.
  const seen = watchers ? (await watchers.settled()) - seenBefore : 0;
  const seconds = (performance.now() - startMs) / 1_000;
  return { writes, seen, seconds, spentUs: pids.map((pid, at) => (processorMs(pid) - before[at]!) * 1_000) };
}

interface RenewedKey {
  readonly key: string;
  readonly value: Uint8Array;
  revision: number;
}

/** Keys of members that are renewed by compare-and-set. */
class Renewals {
  readonly valueBytes: number;
  readonly #kv: KvPort;
  readonly #keys: readonly RenewedKey[];

  private constructor(kv: KvPort, keys: readonly RenewedKey[]) {
    this.#kv = kv;
    this.#keys = keys;
    this.valueBytes = keys[0]!.value.length;
  }

  static async open(kv: KvPort): Promise<Renewals> {
    const keys = Array.from({ length: KEY_COUNT }, async (_, index) => {
      const node = `node-${index + 1}`;
      const incarnation = index.toString(16).padStart(16, '0');
      const value = encodeMember({
        ...{ format: 'witan-member/1', node, incarnation, state: 'up', protocol: { min: 1, max: 1 } },
        ...{ version: '0.1.0', roles: ['gateway', 'platform', 'worker'], labels: { zone: 'a' } },
        ...{ beat: 123_456, lagMs: 3, load: 12 },
      });
      const key = memberKey(node, incarnation);
      return { key, value, revision: await kv.create(key, value) };
    });
    return new Renewals(kv, await Promise.all(keys));
  }

  /** As many as are taken; how many. */
  async flatOut(durationMs: number): Promise<number> {
    const endMs = performance.now() + durationMs;
    let count = 0;
    const lane = async (from: number): Promise<void> => {
      // Keys of a lane are its own: no write is refused.
      for (let at = from; performance.now() < endMs; at = at + LANES < KEY_COUNT ? at + LANES : from) {
        await this.#renew(at);
        count += 1;
      }
    };
    await Promise.all(Array.from({ length: LANES }, (_, index) => lane(index)));
    return count;
  }

  /** One key after the other, `perSecond` of them; how many. */
  async paced(durationMs: number, perSecond: number): Promise<number> {
    const startMs = performance.now();
    const total = Math.floor((durationMs * perSecond) / 1_000);
    for (let count = 0; count < total; count += 1) {
      const waitMs = startMs + (count * 1_000) / perSecond - performance.now();
      if (waitMs > 0) await delay(waitMs);
      await this.#renew(count % KEY_COUNT);
    }
    return total;
  }

  async #renew(at: number): Promise<void> {
    const one = this.#keys[at]!;
    one.revision = await this.#kv.update(one.key, one.value, one.revision);
  }
}
