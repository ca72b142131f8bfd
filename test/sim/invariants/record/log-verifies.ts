/** The log verifies at the end: chain, Merkle tree, signatures, each decision's record. */
import type { RunInvariant } from '../invariant.ts';

/** Offline verification of files and proofs found nothing. */
export const logVerifies: RunInvariant = {
  name: 'log-verifies',
  check: ({ history }) => history.verification,
};
