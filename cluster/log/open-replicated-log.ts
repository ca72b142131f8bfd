/** Joins the parts of a replicated log into what a node uses: with a copy (role `ledger`), or without. */
import { WitanError, toWitanError } from '../../contracts/errors.ts';
import type { Clock, Random } from '../../runtime/kernel/clock.ts';
import type { BusPort } from '../../runtime/kernel/ports/bus.ts';
import type { KvPort } from '../../runtime/kernel/ports/kv.ts';
import type { LedgerPort } from '../../runtime/kernel/ports/ledger.ts';
import type { LogReplica } from '../../runtime/kernel/ports/cluster/log-replica.ts';
import type { Claims } from '../claims/claims.ts';
import { CatchUp, type CatchUpOptions } from './ledger/catch-up.ts';
import { DistantLedger } from './ledger/distant-ledger.ts';
import { LogClient, type LogClientOptions } from './ledger/log-client.ts';
import { LogReads } from './ledger/log-reads.ts';
import { LogServer } from './ledger/log-server.ts';
import { ReplicatedLedger } from './ledger/replicated-ledger.ts';
import { LogCellStore, type CellState } from './log-cell-store.ts';
import { LogFollower } from './log-follower.ts';
import { LogKeeper } from './log-keeper.ts';
import { LOG_TIMES, type LogNotes, type LogParts, type LogPlants, type LogTimes } from './log-settings.ts';
import { LogExchange } from './wire/log-exchange.ts';
import type { Admit, LogWriter } from './writer/log-writer.ts';

/** What every node of a cluster opens the log with. */
export interface LogAccess {
  readonly bus: BusPort;
  readonly kv: KvPort;
  readonly clock: Clock;
  readonly random: Random;
  readonly cluster: string;
  /** Name of the log among the cluster's, a token of a subject (`main`). */
  readonly log: string;
  readonly node: string;
  readonly times?: Partial<LogTimes> | undefined;
  readonly notes?: LogNotes | undefined;
}

/** What a node with the role `ledger` opens it with. */
export interface ReplicatedLogOptions extends LogAccess {
  /** The node's own copy; closed with the log. */
  readonly replica: LogReplica;
  /** Claims of the node's present incarnation; another object after it lost its lease. */
  readonly claims: () => Claims;
  /** Nodes that live and have the role `ledger`, by name. */
  readonly peers: () => readonly string[];
  /** What this node says of itself to a writer: JSON, its checkpoint key for one. */
  readonly introduce?: (() => unknown) | undefined;
  /** See {@link Admit}. */
  readonly admit?: Admit | undefined;
  /** Copies that must be in the set; with fewer, appends are `unavailable` and reads go on (default 1). */
  readonly minInSync?: number | undefined;
  /** For tests alone. */
  readonly plants?: LogPlants | undefined;
}

/** A node's part in a replicated log. */
export interface ReplicatedLog {
  readonly ledger: LedgerPort;
  /**
   * Resolves when the reads of this node hold all that any writer acknowledged before the call, and its
   * proofs cover it. @throws unavailable when no writer can be reached in time, overloaded
   */
  caughtUp(): Promise<void>;
  /** The cell as this node last saw it. */
  cell(): CellState | undefined;
  /** Generation under which this node writes and takes appends; undefined: another does, or none. */
  writing(): number | undefined;
  close(): Promise<void>;
}

/** Opens the log on a node with a copy of it. @throws unavailable when bus or store cannot be used */
export async function openReplicatedLog(options: ReplicatedLogOptions): Promise<ReplicatedLog> {
  const { replica, claims, peers, admit, introduce } = options;
  const access = openAccess(options);
  const { exchange, watch, seen, closeAccess } = access;
  const parts = partsOf(options, access);
  let writer: LogWriter | undefined;
  const follower: LogFollower = new LogFollower({
    parts,
    introduce,
    onWriter: (generation) => keeper.yieldTo(generation),
    onGrown: () => catchUp.moved(),
  });
  const committed = (): number => writer?.committed ?? follower.committed;
  const keeper: LogKeeper = new LogKeeper({
    parts,
    claims,
    peers,
    admit,
    committed: () => follower.committed,
    onWriter: (now) => {
      if (writer) follower.knowOwn(writer.committed);
      follower.reset();
      writer = now;
      // Those who wait for a size that this node now has the say of.
      now?.allAcknowledged().then(
        () => catchUp.moved(),
        () => undefined,
      );
    },
  });
  const client = clientOf(access, {
    logId: replica.logId,
    committed: () => follower.told,
    onCommitted: (size, generation) => follower.know(size, generation),
  });
  const catchUp: CatchUp = catchUpOf(access, client, {
    ask: () => writer?.allAcknowledged(),
    size: committed,
    isCurrent: () => writer?.isCurrent === true,
  });
  const close = async (): Promise<void> => {
    catchUp.close();
    await client.close();
    await keeper.close();
    await closeAccess();
    await replica.close();
  };
  const reads = new LogReads(replica, committed);
  const ledger = new ReplicatedLedger({ replica, reads, client, writer: () => writer, close });
  const generation = (): number => replica.generation;
  await exchange.listen(new LogServer({ follower, reads, writer: () => writer, ledger, generation }));
  watch((state) => {
    void follower.see(state.cell);
    keeper.see(state);
  });
  keeper.start();
  return {
    ledger,
    caughtUp: () => catchUp.caughtUp(),
    cell: seen,
    writing: () => (writer?.isOpen ? seen()?.cell.generation : undefined),
    close: () => ledger.close(),
  };
}

/** Opens the log on a node without a copy. */
export async function openDistantLog(
  options: LogAccess & { readonly logId: string },
): Promise<ReplicatedLog> {
  const access = openAccess(options);
  const { watch, seen, closeAccess } = access;
  let committed = 0;
  const { logId } = options;
  const client = clientOf(access, {
    logId,
    committed: () => committed,
    onCommitted: (size) => (committed = Math.max(committed, size)),
  });
  const catchUp = catchUpOf(access, client, { size: () => committed });
  watch(({ cell }) => (committed = Math.max(committed, cell.size)));
  const close = async (): Promise<void> => {
    catchUp.close();
    await closeAccess();
  };
  const ledger = new DistantLedger({ logId, client, committed: () => committed, close });
  return {
    ledger,
    caughtUp: () => catchUp.caughtUp(),
    cell: seen,
    writing: () => undefined,
    close: () => ledger.close(),
  };
}

interface Access {
  readonly clock: Clock;
  readonly cells: LogCellStore;
  readonly exchange: LogExchange;
  readonly times: LogTimes;
  readonly watch: (listener: (state: CellState) => void) => void;
  readonly seen: () => CellState | undefined;
  readonly closeAccess: () => Promise<void>;
}

function partsOf(options: ReplicatedLogOptions, { cells, exchange, times }: Access): LogParts {
  const { node, replica, clock, minInSync = 1, plants = {}, notes = {} } = options;
  return { node, replica, exchange, cells, clock, times, minInSync, notes, plants };
}

function clientOf(
  { exchange, clock, times, seen }: Access,
  of: Pick<LogClientOptions, 'logId' | 'committed' | 'onCommitted'>,
): LogClient {
  const { appendTimeoutMs } = times;
  return new LogClient({ exchange, clock, appendTimeoutMs, writer: () => seen()?.cell.writer, ...of });
}

/** `ask` answers here where this node writes; else the writer is asked. */
function catchUpOf(
  { clock, times }: Access,
  client: LogClient,
  {
    ask,
    ...of
  }: Omit<Partial<CatchUpOptions>, 'ask' | 'size'> & {
    readonly ask?: () => Promise<number> | undefined;
    readonly size: () => number;
  },
): CatchUp {
  const attemptMs = times.followerTimeoutMs / 2;
  return new CatchUp({
    clock,
    timeoutMs: times.catchUpTimeoutMs,
    ...of,
    ask: () => ask?.() ?? client.askCommitted(attemptMs),
  });
}

function openAccess({ bus, kv, clock, random, cluster, log, node, times, notes }: LogAccess): Access {
  const onError = (error: WitanError): void => notes?.onFault?.(error);
  const cells = new LogCellStore(kv, log, onError);
  const exchange = new LogExchange({ bus, clock, random, cluster, log, node, onError });
  const all = { ...LOG_TIMES, ...times };
  const ended = new AbortController();
  let seen: CellState | undefined;
  const watchOn = async (listener: (state: CellState) => void): Promise<void> => {
    while (!ended.signal.aborted) {
      await cells
        .watch((state) => {
          if (state.revision <= (seen?.revision ?? 0)) return;
          seen = state;
          listener(state);
        }, ended.signal)
        .catch((error: unknown) => onError(toWitanError(error)));
      // The store ended the watch: what was missed comes first in the next one.
      if (!ended.signal.aborted) await new Promise<void>((resolve) => clock.setTimer(all.beatMs, resolve));
    }
  };
  return {
    clock,
    cells,
    exchange,
    times: all,
    watch: (listener) => void watchOn(listener),
    seen: () => seen,
    closeAccess: async () => {
      ended.abort();
      await exchange.close();
    },
  };
}
