/** The whole chain checked again on demand, one check at a time (AUD-12). */
import { WitanError } from '../../../../contracts/errors.ts';
import { CompactRange } from '../../../../contracts/ledger/tree/compact-range.ts';
import { toHex } from '../../../../contracts/ledger/bytes.ts';
import { chainNext, chainStart, entryLeafHash, hashText } from '../../../../contracts/ledger/leaf.ts';
import type { ChainReport } from '../../../../contracts/messages/audit/log-report.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { sha256 } from '../../../kernel/crypto/digest.ts';
import type { LedgerPort } from '../../../kernel/ports/ledger.ts';
import type { TelemetryPort } from '../../../kernel/ports/telemetry.ts';
import { pinnedKeyOf } from '../../record/open-stores.ts';
import type { NodeStores } from '../../record/open-stores.ts';
import { verifyLogFolder } from '../../record/read-log-folder.ts';

/** What is checked with what. */
export interface ChainCheckParts {
  readonly stores: NodeStores;
  readonly clock: Clock;
  readonly telemetry: Pick<TelemetryPort, 'gauge'>;
}

type Outcome = Omit<ChainReport, 'elapsedMs'>;

/** See the head of the file. */
export class ChainCheck {
  readonly #parts: ChainCheckParts;
  #isRunning = false;

  constructor(parts: ChainCheckParts) {
    this.#parts = parts;
  }

  /** Reads every record from where it lies. @throws overloaded while another check runs */
  async run(): Promise<ChainReport> {
    if (this.#isRunning)
      throw new WitanError('overloaded', 'a check of the chain is under way', { retryAfterMs: 1_000 });
    this.#isRunning = true;
    const { stores, clock, telemetry } = this.#parts;
    const startedMs = clock.monotonicMs();
    try {
      const outcome = stores.folder ? await checkFolder(stores) : await checkMemory(stores.ledger);
      telemetry.gauge('chain_intact', outcome.ok ? 1 : 0);
      telemetry.gauge('chain_checked', outcome.size);
      return { ...outcome, elapsedMs: clock.monotonicMs() - startedMs };
    } finally {
      this.#isRunning = false;
    }
  }
}

/** From the files: what the node remembers in memory could not show that they were changed. */
async function checkFolder(stores: NodeStores): Promise<Outcome> {
  const { logId } = stores.ledger;
  const { ok, size, checked, broken, mismatch } = await verifyLogFolder(
    stores.folder!.log,
    pinnedKeyOf(stores),
  );
  if (ok) return { ok, logId, size, checked: [...checked], broken: null };
  const { field, expected, actual } = mismatch!;
  const place = broken ?? { index: null, decisionId: null, field, segment: null, offset: null };
  return { ok, logId, size, checked: [...checked], broken: { ...place, expected, found: actual } };
}

async function checkMemory(ledger: LedgerPort): Promise<Outcome> {
  const { logId } = ledger;
  const head = await ledger.checkpoint();
  const range = new CompactRange(sha256);
  let chain = chainStart(logId, sha256);
  for await (const { index, canonical, chainHash, decisionId } of ledger.read(0)) {
    if (index >= head.size) break;
    const leaf = entryLeafHash(canonical, sha256);
    chain = chainNext(chain, leaf, sha256);
    range.append(leaf);
    const expected = hashText(chain);
    if (expected === chainHash) continue;
    const place = { index, decisionId: decisionId ?? null, field: 'chainHash', segment: null, offset: null };
    return { ok: false, logId, size: index, checked: [], broken: { ...place, expected, found: chainHash } };
  }
  const root = toHex(range.root());
  const ok = root === head.root;
  const place = { index: null, decisionId: null, field: 'root', segment: null, offset: null };
  const broken = ok ? null : { ...place, expected: root, found: head.root };
  return { ok, logId, size: range.size, checked: ['records', 'chain', 'root'], broken };
}
