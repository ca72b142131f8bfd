/** The log of a node, for doors: who may read what of it. */
import type {
  PublishedCheckpoint,
  WitnessMessage,
  WitnessReport,
} from '../../../../agents/platform/audit/witness/witness-messages.ts';
import type { Settings } from '../../../../config/schema.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import { fromHex } from '../../../../contracts/ledger/bytes.ts';
import { TILE_WIDTH } from '../../../../contracts/ledger/tree/tile-tree.ts';
import { parseTilePath } from '../../../../contracts/ledger/tlog/tile-path.ts';
import { formatTlogProof } from '../../../../contracts/ledger/tlog/tlog-proof.ts';
import type { DecisionId } from '../../../../contracts/messages/ids.ts';
import type { TlogProofView } from '../../../../contracts/messages/audit/log-report.ts';
import type { LogBackend } from '../../../../transport/door/log-backend.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { query } from '../../../kernel/index.ts';
import type { ActorRef, ActorSystem } from '../../../kernel/index.ts';
import type { Principal } from '../../../kernel/ports/identity.ts';
import type { LedgerEntry } from '../../../kernel/ports/ledger.ts';
import type { TelemetryPort } from '../../../kernel/ports/telemetry.ts';
import { requireScope } from '../../door/require-scope.ts';
import type { NodeStores } from '../../record/open-stores.ts';
import { ChainCheck } from './chain-check.ts';
import { entryBundle } from './entry-bundle.ts';

/** What it answers from. */
export interface NodeLogParts {
  readonly settings: Settings;
  readonly stores: NodeStores;
  readonly system: ActorSystem;
  readonly clock: Clock;
  readonly telemetry: Pick<TelemetryPort, 'gauge'>;
}

/** Time beyond that of the witnesses until the newest checkpoint is given without them, ms. */
const PUBLISH_SLACK_MS = 1_000;

/** See {@link LogBackend}. */
export class NodeLog implements LogBackend {
  readonly #parts: NodeLogParts;
  readonly #check: ChainCheck;
  #quorum: { readonly isMet: boolean; readonly lagCount: number } | undefined;

  constructor(parts: NodeLogParts) {
    this.#parts = parts;
    this.#check = new ChainCheck(parts);
    // Opening the log has read all of it: a node that runs has a chain that held.
    parts.telemetry.gauge('chain_intact', 1);
    parts.telemetry.gauge('chain_checked', parts.stores.ledger.size());
  }

  /** Notes how the last round with the witnesses ended. */
  noteQuorum(isMet: boolean, lagCount: number): void {
    this.#quorum = { isMet, lagCount };
  }

  health: LogBackend['health'] = () => {
    if (this.#parts.settings.witness.policyFile === '') return [];
    if (!this.#quorum) return [{ name: 'witnesses', ok: true, detail: 'not asked yet' }];
    const { isMet, lagCount } = this.#quorum;
    const detail = isMet ? 'quorum' : `no quorum, ${lagCount} entries not witnessed`;
    return [{ name: 'witnesses', ok: isMet, detail }];
  };

  checkpoint: LogBackend['checkpoint'] = async (principal) => {
    this.#mayRead(principal);
    return (await this.#published(0)).note;
  };

  tile: LogBackend['tile'] = async (path, principal) => {
    const tile = parseTilePath(path);
    if (!tile) throw new WitanError('not_found', 'there is no such tile', { path: 'path' });
    const { stores, settings } = this.#parts;
    const { level, index, width } = tile;
    if (level !== 'entries') {
      this.#mayRead(principal);
      return stores.ledger.tile(level, index, width);
    }
    if (principal.id === 'anonymous')
      throw new WitanError('unauthenticated', 'entries are not public', {
        expected: 'the scope log:entries',
      });
    requireScope(principal, 'log:entries');
    // Entries are of all tenants: the scope of one tenant's own administrator is not enough.
    if (principal.tenant !== settings.identity.localTenant)
      throw new WitanError('permission_denied', 'entries are of every tenant', { path: 'tenant' });
    return entryBundle(stores.ledger, index * TILE_WIDTH, width);
  };

  proof: LogBackend['proof'] = async (of, principal) => {
    requireScope(principal, 'decision:read');
    const entry = await this.#entry(of, principal);
    const checkpoint = await this.#published(entry.index + 1);
    return this.#proven(entry, checkpoint);
  };

  report: LogBackend['report'] = async (principal) => {
    requireScope(principal, 'operator:read');
    const { ledger } = this.#parts.stores;
    await this.#published(0);
    const { published, ...rest } = await this.#ask<WitnessReport>((replyTo) => ({ type: 'report', replyTo }));
    return {
      logId: ledger.logId,
      size: ledger.size(),
      publishedSize: published.size,
      quorum: rest.quorum,
      hasQuorum: rest.hasQuorum,
      witnesses: [...rest.witnesses],
    };
  };

  verifyChain: LogBackend['verifyChain'] = async (principal) => {
    requireScope(principal, 'operator:act');
    return this.#check.run();
  };

  #mayRead(principal: Principal): void {
    if (this.#parts.settings.log.public) return;
    if (principal.id === 'anonymous')
      throw new WitanError('unauthenticated', 'the log of this node is not public', { path: 'log.public' });
    requireScope(principal, 'log:read');
  }

  async #entry(of: DecisionId | number, { tenant }: Principal): Promise<LedgerEntry> {
    const { ledger } = this.#parts.stores;
    const entry =
      typeof of === 'number'
        ? await ledger.entry(of)
        : (await ledger.byDecision(of)).find(({ kind }) => kind === 'final');
    // Whether another tenant has an entry there is nobody else's business.
    if (entry && entry.tenant === tenant) return entry;
    throw new WitanError('not_found', `there is no entry ${of}`, { path: 'of', expected: 'an own entry' });
  }

  /** Published checkpoint over at least `size` entries; without witnesses where they let one wait. */
  async #published(size: number): Promise<Omit<PublishedCheckpoint, 'witnesses' | 'hasQuorum'>> {
    try {
      return await this.#ask<PublishedCheckpoint>((replyTo) => ({ type: 'published', size, replyTo }));
    } catch (error) {
      const { code } = error as { code?: string };
      if (code !== 'deadline_exceeded' && code !== 'stopped' && code !== 'crashed') throw error;
      return this.#parts.stores.ledger.checkpoint();
    }
  }

  #ask<R>(message: (replyTo: ActorRef<R>) => WitnessMessage): Promise<R> {
    const { system, settings } = this.#parts;
    const witness = system.resolve('/platform/audit/witness') as ActorRef<WitnessMessage>;
    return query(witness, message, { timeoutMs: settings.witness.timeoutMs + PUBLISH_SLACK_MS, via: system });
  }

  async #proven(
    entry: LedgerEntry,
    { size, note }: Pick<PublishedCheckpoint, 'size' | 'note'>,
  ): Promise<TlogProofView> {
    const path = (await this.#parts.stores.ledger.inclusion(entry.index, size)).map(fromHex);
    const proof = formatTlogProof({ extra: null, index: entry.index, path, note });
    return { index: entry.index, proof, entry: entry.canonical };
  }
}
