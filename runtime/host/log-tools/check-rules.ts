/** What a whole log must also keep: the order of a decision's entries and, asked for, every signature. */
import { CompactRange } from '../../../contracts/ledger/tree/compact-range.ts';
import { toHex } from '../../../contracts/ledger/bytes.ts';
import { parseEntry, type StoredEntry } from '../../../contracts/ledger/leaf.ts';
import { verifySignatures } from '../../../contracts/ledger/verify-signatures.ts';
import type { OpenCheckpoint } from '../../../contracts/ledger/tlog/open-checkpoint.ts';
import { FinalPayload } from '../../../contracts/messages/final.ts';
import type { ProofKey } from '../../../contracts/messages/proof.ts';
import { verifyTally } from '../../../council/tally/verify-tally.ts';
import { bls } from '../../kernel/crypto/bls.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../kernel/crypto/ed25519.ts';
import { DecisionIndex } from '../../store/ledger/decision-index.ts';
import type { LogFileSystem } from '../../store/segment/file-system.ts';
import { scanLog, type ScannedEntry } from '../../store/segment/scan.ts';
import { keyPayloadOf, proofKeyIn } from '../record/record-keys.ts';
import { damageOf, type LogDamage } from './log-damage.ts';
import { MAX_DAMAGES } from './find-damage.ts';

/** What {@link checkRules} is asked for. */
export interface RuleOptions {
  readonly logId: string;
  /** Also every ballot, verdict and tally. */
  readonly isDeep: boolean;
  /** Checkpoint that was published with cosignatures; must be of this log. */
  readonly published: OpenCheckpoint | undefined;
}

/** What was found. */
export interface RuleCheck {
  readonly damages: readonly LogDamage[];
  readonly decisionCount: number;
  readonly ballotCount: number;
}

type Opened = Parameters<typeof verifySignatures>[0]['opened'];

/** Reads a log that {@link verifyLog} found whole. Memory: some 60 bytes a decision; open ones when deep. */
export async function checkRules(
  fs: LogFileSystem,
  folder: string,
  options: RuleOptions,
): Promise<RuleCheck> {
  const check = new RuleWalk(options);
  for await (const entry of scanLog(fs, folder, options.logId)) check.take(entry);
  return check.end();
}

class RuleWalk {
  readonly #options: RuleOptions;
  readonly #damages: LogDamage[] = [];
  readonly #decisions = new DecisionIndex();
  readonly #range = new CompactRange(sha256);
  readonly #open = new Map<string, Opened>();
  readonly #keys = new Map<string, ProofKey>();
  #decisionCount = 0;
  #ballotCount = 0;

  constructor(options: RuleOptions) {
    this.#options = options;
  }

  take(scanned: ScannedEntry): void {
    const { header, frame, leafHash } = scanned;
    this.#range.append(Uint8Array.from(leafHash));
    this.#checkPublished(scanned);
    const { kind, decisionId, index } = header;
    this.#checkOrder(scanned);
    this.#decisions.add(decisionId, kind, index);
    if (!this.#options.isDeep || (kind !== 'key' && decisionId === undefined)) return;
    if (kind !== 'key' && kind !== 'opened' && kind !== 'final') return;
    this.#deep(parseEntry(frame.text.toString('utf8')), scanned);
  }

  end(): RuleCheck {
    const { published } = this.#options;
    if (published && published.size > this.#range.size) {
      const place = { segment: null, offset: null, index: this.#range.size, decisionId: null };
      this.#damages.push(damageOf({ ...place, field: 'published.size' }, 'published'));
    }
    return { damages: this.#damages, decisionCount: this.#decisionCount, ballotCount: this.#ballotCount };
  }

  #checkPublished({ segment, offset, header }: ScannedEntry): void {
    const { published } = this.#options;
    if (!published || published.size !== this.#range.size) return;
    if (toHex(this.#range.root()) === published.root) return;
    const place = { segment, offset, index: header.index, decisionId: null };
    this.#damages.push(damageOf({ ...place, field: 'published.root' }, 'published'));
  }

  #checkOrder(scanned: ScannedEntry): void {
    const { kind, decisionId } = scanned.header;
    if (decisionId === undefined) return;
    const has = (of: 'opened' | 'final'): boolean => this.#decisions.unique(decisionId, of) !== undefined;
    if (kind === 'final' && !has('opened')) this.#tell(scanned, 'kind.final-unopened');
    if (kind === 'resolution' && !has('final')) this.#tell(scanned, 'kind.resolution-undecided');
    if (kind === 'final') this.#decisionCount += 1;
  }

  #deep(entry: StoredEntry, scanned: ScannedEntry): void {
    const decisionId = entry.decisionId ?? '';
    if (entry.kind === 'key') {
      const key = keyPayloadOf({ kind: 'key', payload: entry.payload });
      // That a key was revoked later does not make older signatures false.
      if (key) this.#keys.set(key.keyId, { ...proofKeyIn(key), state: 'retired' });
      return;
    }
    if (entry.kind === 'opened') {
      this.#open.set(decisionId, entry.payload as unknown as Opened);
      return;
    }
    const opened = this.#open.get(decisionId);
    this.#open.delete(decisionId);
    if (opened) this.#checkDecision(opened, entry, scanned);
  }

  #checkDecision(opened: Opened, entry: StoredEntry, scanned: ScannedEntry): void {
    const parsed = FinalPayload.safeParse(entry.payload);
    if (!parsed.success) {
      this.#tell(scanned, `final.${parsed.error.issues[0]!.path.join('.')}`, 'signatures');
      return;
    }
    const final = parsed.data;
    this.#ballotCount += final.ballots.length + final.superseded.length;
    const keys = [...this.#keys.values()];
    const { mismatch } = verifySignatures({ opened, final, keys }, { sha256, verifyEd25519, bls });
    if (mismatch) {
      this.#tell(scanned, mismatch.field, 'signatures');
      return;
    }
    const { body, ballots, superseded } = final;
    const { outcome, heldReason, rounds, tally } = body;
    // What policy or checks decided, and what was held before a council sat, has no tally to recompute.
    if (tally === null && (body.decidedBy !== 'council' || outcome === 'held')) return;
    const [difference] = verifyTally(opened.terms, {
      outcome,
      heldReason,
      rounds,
      tally,
      ballots,
      superseded,
    });
    if (difference) this.#tell(scanned, difference.field, 'tally');
  }

  #tell({ segment, offset, header }: ScannedEntry, field: string, meaning: string = field): void {
    if (this.#damages.length >= MAX_DAMAGES) return;
    const { index, decisionId = null } = header;
    this.#damages.push(damageOf({ field, segment, offset, index, decisionId }, meaning));
  }
}
