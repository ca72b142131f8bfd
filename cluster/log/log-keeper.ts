/**
 * Decides whether this node writes the log: takes the claim when it is free and the own copy may be promoted.
 *
 * Only a copy in the set that holds the head of the cell may; it changes the cell to its generation by
 * compare-and-set, which is what fences the set changes of the writer before it. A node that turns out
 * not to be eligible gives the claim back. With no eligible node the log waits.
 */
import { WitanError, toWitanError } from '../../contracts/errors.ts';
import { singletonClaim } from '../../contracts/cluster-names.ts';
import type { LogCell } from '../../contracts/messages/cluster/log-cell.ts';
import type { TimerHandle } from '../../runtime/kernel/clock.ts';
import type { Claims, HeldClaim } from '../claims/claims.ts';
import type { CellState } from './log-cell-store.ts';
import type { LogParts } from './log-settings.ts';
import { LogWriter, type Admit } from './writer/log-writer.ts';

/** Claim of the writer of the cluster's log. */
export const LEDGER_CLAIM = singletonClaim('ledger');

/** Settings of a {@link LogKeeper}. */
export interface LogKeeperOptions {
  readonly parts: LogParts;
  /** Claims of the node's present incarnation: another object after it lost its lease. */
  readonly claims: () => Claims;
  /** Nodes that live and have the role `ledger`. */
  readonly peers: () => readonly string[];
  readonly admit: Admit | undefined;
  /** Entries that this node knows to be acknowledged. */
  readonly committed: () => number;
  /** This node begins or ends to write. */
  readonly onWriter: (writer: LogWriter | undefined) => void;
}

/** See the head of the file. */
export class LogKeeper {
  readonly #options: LogKeeperOptions;
  #seen: CellState | undefined;
  #isCellRead = false;
  #writer: { readonly writer: LogWriter; readonly held: HeldClaim } | undefined;
  #promoting: Promise<void> | undefined;
  #ending: Promise<void> = Promise.resolve();
  #timer: TimerHandle | undefined;
  #notBeforeMs = 0;
  #isClosed = false;
  #followed: Claims | undefined;
  #leaveClaims: (() => void) | undefined;

  constructor(options: LogKeeperOptions) {
    this.#options = options;
  }

  /** Begins to look for its chance. */
  start(): void {
    this.#beat();
  }

  /** Notes the cell as it was seen. */
  see(state: CellState): void {
    if (state.revision <= (this.#seen?.revision ?? 0)) return;
    this.#seen = state;
    this.#isCellRead = true;
    const own = this.#writer?.held.generation ?? Infinity;
    if (state.cell.generation > own) this.#writer!.writer.end(stale(state.cell.generation));
    this.#consider();
  }

  /** Another node writes under `generation`; resolves when this one does not. */
  async yieldTo(generation: number): Promise<void> {
    const own = this.#writer?.held.generation ?? Infinity;
    if (own < generation) this.#writer!.writer.end(stale(generation));
    await this.#ending;
  }

  /** Writes no more, and gives the claim to who is next. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#leaveClaims?.();
    await this.#promoting;
    this.#writer?.writer.end(new WitanError('unavailable', 'the node closes its log'));
    await this.#ending;
  }

  #beat(): void {
    const { clock, times } = this.#options.parts;
    this.#timer = clock.setTimer(times.beatMs, () => this.#beat());
    this.#follow(this.#options.claims());
    if (this.#writer) this.#checkClaim(this.#writer);
    else this.#consider();
  }

  #follow(claims: Claims): void {
    if (claims === this.#followed) return;
    this.#leaveClaims?.();
    this.#followed = claims;
    this.#leaveClaims = claims.onChange((names) => {
      if (names.includes(LEDGER_CLAIM)) this.#consider();
    });
  }

  #checkClaim({ writer, held }: { writer: LogWriter; held: HeldClaim }): void {
    const claim = this.#options.claims().get(LEDGER_CLAIM);
    if (claim && claim.generation > held.generation) writer.end(stale(claim.generation));
    // The incarnation that took it is over: a lease that is only late would still be the claim's holder.
    else if (claim && !claim.holder && !held.fence.isHeld()) writer.end(stale(claim.generation));
  }

  #consider(): void {
    const { parts, claims } = this.#options;
    if (this.#isClosed || this.#writer || this.#promoting) return;
    if (parts.replica.failure || parts.clock.monotonicMs() < this.#notBeforeMs) return;
    const holder = claims().get(LEDGER_CLAIM)?.holder;
    // Held by this node though it does not write: it could not be given back. Taken again, it is ours anew.
    if (holder && holder.node !== parts.node) return;
    this.#promoting = this.#promote()
      .catch((error: unknown) => {
        const fault = toWitanError(error);
        if (fault.code !== 'unavailable') parts.notes.onFault?.(fault);
      })
      .finally(() => {
        this.#promoting = undefined;
        this.#notBeforeMs = parts.clock.monotonicMs() + (this.#writer ? 0 : parts.times.beatMs);
      });
  }

  async #promote(): Promise<void> {
    const { parts, claims } = this.#options;
    await this.#ending;
    const state = this.#isCellRead ? this.#seen : await this.#read();
    // Not even tried where it is plain that it would be given back.
    if (state && !(await this.#isEligible(state.cell))) return;
    const held = await claims().take(LEDGER_CLAIM);
    if (!held) return;
    try {
      const promoted = await this.#changeCell(held);
      if (promoted && held.fence.isHeld() && !this.#isClosed) return this.#begin(held, promoted);
    } catch (error) {
      parts.notes.onFault?.(toWitanError(error));
    }
    await this.#giveBack(held);
  }

  /** Changes the cell to this writer's; undefined when it may not, or cannot. */
  async #changeCell(held: HeldClaim): Promise<CellState | undefined> {
    const { parts } = this.#options;
    let state = await this.#read();
    while (held.fence.isHeld() && !this.#isClosed) {
      if (state && !(await this.#isEligible(state.cell))) return undefined;
      if (state && state.cell.generation > held.generation) return undefined;
      // From here on older writers are refused: what this copy has now is what the log is.
      await parts.replica.accept(held.generation);
      if (!state && (await this.#isOutdone(held.generation))) return undefined;
      const next = state ? this.#taken(state.cell, held.generation) : await this.#first(held.generation);
      const change = await parts.cells.change(next, state?.revision);
      if (change.outcome === 'changed') return change.state;
      if (change.outcome === 'refused' && change.state) state = change.state;
      else await this.#pause();
    }
    return undefined;
  }

  async #isEligible(cell: LogCell): Promise<boolean> {
    const { node, replica, plants } = this.#options.parts;
    if (plants.promoteAnyone) return true;
    const isMember = cell.inSync.some(
      (member) => member.node === node && (member.copy === replica.copy || plants.ignoreCopy),
    );
    if (!isMember || replica.local.size() < cell.size) return false;
    return (await replica.root(cell.size)) === cell.root;
  }

  /** The same set under another writer; nodes that are known to be gone need not be waited for. */
  #taken(cell: LogCell, generation: number): LogCell {
    const { node, replica } = this.#options.parts;
    const living = this.#options.peers();
    const others = cell.inSync.filter((member) => member.node !== node && living.includes(member.node));
    const inSync = [{ node, copy: replica.copy }, ...others];
    return { ...cell, generation, writer: node, inSync, change: 1 };
  }

  /**
   * Before there is a cell: this copy is empty, and another is not, or does not say. That one makes the
   * cell.
   */
  async #isOutdone(generation: number): Promise<boolean> {
    const { node, replica, exchange, times } = this.#options.parts;
    if (replica.local.size() > 0) return false;
    const others = this.#options.peers().filter((peer) => peer !== node);
    const isEmpty = async (peer: string): Promise<boolean> => {
      const ask = { type: 'root', generation, size: 1 } as const;
      return exchange.ask(peer, ask, { timeoutMs: times.followerTimeoutMs / 2 }).then(
        () => false,
        (error: WitanError) => error.code === 'not_found',
      );
    };
    return (await Promise.all(others.map(isEmpty))).includes(false);
  }

  /** The first cell of a cluster: everything in this copy is acknowledged. */
  async #first(generation: number): Promise<LogCell> {
    const { node, replica } = this.#options.parts;
    const size = replica.local.size();
    const root = await replica.root(size);
    const inSync = [{ node, copy: replica.copy }];
    const { logId } = replica;
    return { format: 'witan-log-cell/1', logId, generation, writer: node, change: 1, inSync, size, root };
  }

  async #begin(held: HeldClaim, state: CellState): Promise<void> {
    const { parts, peers, admit, onWriter } = this.#options;
    const { generation, fence } = held;
    const committed = Math.min(
      Math.max(state.cell.size, this.#options.committed()),
      parts.replica.local.size(),
    );
    const writer: LogWriter = new LogWriter(
      { parts, generation, fence, peers, admit, onEnded: (error) => this.#ended(writer, held, error) },
      committed,
    );
    await parts.replica.startWriting(generation, writer.hooks);
    this.#writer = { writer, held };
    this.#seen = state;
    writer.start(state);
    if (this.#writer?.writer !== writer) return;
    onWriter(writer);
    parts.notes.onPromoted?.(generation);
  }

  #ended(writer: LogWriter, held: HeldClaim, error: WitanError): void {
    const { parts, onWriter } = this.#options;
    if (this.#writer?.writer !== writer) return;
    this.#writer = undefined;
    onWriter(undefined);
    parts.notes.onEnded?.(held.generation, error);
    this.#ending = parts.replica
      .stopWriting()
      .catch(() => undefined)
      .then(() => this.#giveBack(held));
  }

  async #giveBack(held: HeldClaim): Promise<void> {
    // Whoever cannot be told sees the lease end.
    await held.release().catch(() => undefined);
  }

  async #read(): Promise<CellState | undefined> {
    const state = await this.#options.parts.cells.read();
    this.#isCellRead = true;
    if (state && state.revision > (this.#seen?.revision ?? 0)) this.#seen = state;
    return state;
  }

  #pause(): Promise<void> {
    const { clock, times } = this.#options.parts;
    return new Promise((resolve) => clock.setTimer(times.beatMs, resolve));
  }
}

function stale(generation: number): WitanError {
  return new WitanError('stale_writer', `a writer of generation ${generation} is at work`, { generation });
}
