/** The anchors of a bundle: which chain's transaction names a head of the log that holds the verdict. */
import { verifyAnchorReceipt } from '../chain/verify-anchor.ts';
import { parseNote, verifyNote } from '../ledger/checkpoint.ts';
import type { AnchorReceipt } from '../messages/anchor.ts';
import type { EvidenceBundle } from '../messages/bundle.ts';
import type { BundleCrypto, BundleTrust, StepOutcome } from './verify-bundle.ts';

/** Checks every anchor. A reader who pinned contracts must find the verdict anchored in one of them. */
export function checkTransactions(
  bundle: EvidenceBundle,
  trust: BundleTrust,
  crypto: BundleCrypto,
): StepOutcome {
  const { anchors } = bundle;
  const chains = trust.chains ?? [];
  if (anchors.length === 0 && chains.length === 0) {
    return { state: 'absent', detail: 'no anchor is in the bundle' };
  }
  const found: string[] = [];
  let isPinned = false;
  for (const [at, receipt] of anchors.entries()) {
    const pins = chains.find(({ chainId, contract }) => isOf(receipt, { chainId, contract }));
    const mismatch = anchorMismatch(receipt, { bundle, trust, crypto, pins });
    if (mismatch) {
      const part = `anchor ${at}`;
      const { field, expected, actual } = mismatch;
      const detail = `${part}, ${field}: expected ${expected}, found ${actual}`;
      return { state: 'failed', detail, mismatch: { part, ...mismatch } };
    }
    isPinned ||= pins?.blockHash !== undefined;
    found.push(described(receipt, pins));
  }
  if (chains.length > 0 && !anchors.some((receipt) => chains.some((chain) => isOf(receipt, chain)))) {
    const expected = chains.map(({ chainId, contract }) => `${contract} on chain ${chainId}`).join(' or ');
    const actual = anchors.length === 0 ? 'no anchor' : 'anchors elsewhere';
    const mismatch = { part: 'anchors', field: 'contract', expected: `an anchor in ${expected}`, actual };
    return { state: 'failed', detail: `expected ${mismatch.expected}, found ${actual}`, mismatch };
  }
  return { state: isPinned ? 'verified' : 'unpinned', detail: found.join('; ') };
}

type Pins = NonNullable<BundleTrust['chains']>[number];

interface AnchorSubject {
  readonly bundle: EvidenceBundle;
  readonly trust: BundleTrust;
  readonly crypto: BundleCrypto;
  readonly pins: Pins | undefined;
}

interface FieldMismatch {
  readonly field: string;
  readonly expected: string;
  readonly actual: string;
}

function anchorMismatch(
  receipt: AnchorReceipt,
  { bundle, trust, crypto, pins }: AnchorSubject,
): FieldMismatch | undefined {
  const { final } = bundle.decision;
  // Without pins the receipt's own word is taken for what it rests on, and told to the reader.
  const { chainId, contract } = receipt;
  const own = { ...(pins ?? { chainId, contract }), origin: final.logId };
  const { ok, mismatch } = verifyAnchorReceipt(receipt, own, crypto);
  if (!ok) return mismatch!;
  const { inclusion } = receipt;
  const leafHash = final.leafHash.slice('sha256:'.length);
  if (inclusion?.index !== final.index || inclusion.leafHash !== leafHash) {
    const actual = inclusion ? `one for #${inclusion.index}` : 'none';
    return { field: 'inclusion', expected: `a path from record #${final.index}`, actual };
  }
  const note = parseNote(receipt.checkpointNote);
  const keys = trust.pinned.filter((key) => key.logId === final.logId);
  if (keys.some((key) => verifyNote(note, key, crypto))) return undefined;
  return {
    field: 'checkpointNote',
    expected: `a signature by a pinned key of ${final.logId}`,
    actual: 'none that verifies',
  };
}

function isOf(receipt: AnchorReceipt, { chainId, contract }: Pick<Pins, 'chainId' | 'contract'>): boolean {
  return receipt.chainId === chainId && receipt.contract.toLowerCase() === contract.toLowerCase();
}

function described(
  { chainId, contract, blockNumber, blockHash, finality }: AnchorReceipt,
  pins?: Pins,
): string {
  const block = `block ${blockNumber} (${finality}) of chain ${chainId}`;
  if (!pins) return `${block}, contract ${contract}, neither pinned: compare ${blockHash}`;
  return pins.blockHash === undefined ? `${block}: compare ${blockHash}` : block;
}
