/** What the chain's own head of a log means for the head that is to be anchored. Pure. */
import { fromHex } from '../../../../../contracts/ledger/bytes.ts';
import type { Sha256 } from '../../../../../contracts/ledger/crypto.ts';
import { verifyConsistency } from '../../../../../contracts/ledger/tree/merkle.ts';
import type { AnchoredHead } from '../../../../../runtime/kernel/ports/chain/chain.ts';

/** A head of our log. */
export interface OwnHead {
  readonly size: number;
  /** 64 hex digits. */
  readonly root: string;
}

/**
 * `step`: anchor ours on top of the chain's. `anchored`: the chain has it, or a later one. `frozen`: nothing
 * is taken before a new epoch. `ahead`: the chain knows more entries than our log holds. `forked`: the
 * chain's head is of another history.
 */
export type HeadVerdict = 'step' | 'anchored' | 'frozen' | 'ahead' | 'forked';

/** Both heads, and the proof (hex path) that the larger extends the smaller; empty where none is needed. */
export interface HeadComparison {
  readonly chain: AnchoredHead;
  readonly own: OwnHead;
  readonly path: readonly string[];
  /** Entries in our log. */
  readonly logSize: number;
}

/** See {@link HeadVerdict}. */
export function reconcileHead({ chain, own, path, logSize }: HeadComparison, sha256: Sha256): HeadVerdict {
  if (chain.frozen) return 'frozen';
  if (chain.size === 0) return 'step';
  if (chain.size > logSize) return 'ahead';
  if (chain.size === own.size) return chain.root === own.root ? 'anchored' : 'forked';
  const [from, to] = chain.size < own.size ? [chain, own] : [own, chain];
  const isSameHistory = verifyConsistency(
    {
      fromSize: from.size,
      toSize: to.size,
      fromRoot: fromHex(from.root),
      toRoot: fromHex(to.root),
      path: path.map(fromHex),
    },
    sha256,
  );
  if (!isSameHistory) return 'forked';
  return from === chain ? 'step' : 'anchored';
}
