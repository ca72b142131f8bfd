/** Proofs from a log whose tree lies in files: how long they take, and that each holds. */
import { fromHex } from '../../contracts/ledger/bytes.ts';
import { verifyInclusion } from '../../contracts/ledger/tree/merkle.ts';
import { sha256 } from '../../runtime/kernel/crypto/digest.ts';
import type { LedgerPort } from '../../runtime/kernel/ports/ledger.ts';
import { percentile } from '../report/figure.ts';
import { entryOf, type BenchLog } from './bench-log.ts';

/** Figures of a log that was opened anew. */
export interface ProofFigures {
  readonly entryCount: number;
  /** Milliseconds until the log was open again. */
  readonly openMs: number;
  /** Memory that the process holds beyond what it held before, MiB. */
  readonly residentMiB: number;
  /** Milliseconds of one inclusion proof, none of them asked for before. */
  readonly p50: number;
  readonly p99: number;
  /** Proofs a second, one after the other: made, and checked. */
  readonly prove: number;
  readonly verify: number;
}

const APPENDS_AT_ONCE = 20_000;
const PROOF_COUNT = 2_000;

/** Fills a log to `entryCount` entries, opens it anew, and asks for proofs of entries all over it. */
export async function measureProofs(
  log: BenchLog,
  entryCount: number,
  onProgress: (count: number) => void,
): Promise<ProofFigures> {
  const input = entryOf(256);
  while (log.ledger.size() < entryCount) {
    const count = Math.min(APPENDS_AT_ONCE, entryCount - log.ledger.size());
    await Promise.all(Array.from({ length: count }, () => log.ledger.append(input)));
    onProgress(log.ledger.size());
  }
  globalThis.gc?.();
  const residentBefore = process.memoryUsage.rss();
  const startMs = performance.now();
  const ledger = await log.reopen();
  const openMs = performance.now() - startMs;
  const { root } = await ledger.checkpoint();
  const figures = await provenAll(ledger, fromHex(root));
  const residentMiB = Math.max(0, process.memoryUsage.rss() - residentBefore) / 2 ** 20;
  return { entryCount, openMs, residentMiB, ...figures };
}

async function provenAll(
  ledger: LedgerPort,
  root: Uint8Array,
): Promise<Pick<ProofFigures, 'p50' | 'p99' | 'prove' | 'verify'>> {
  const size = ledger.size();
  // A step without a common factor visits tiles all over the tree, each index once.
  const indices = Array.from({ length: Math.min(PROOF_COUNT, size) }, (_, at) => (at * 7_368_787) % size);
  const latenciesMs: number[] = [];
  const paths: string[][] = [];
  const startMs = performance.now();
  for (const index of indices) {
    const askedMs = performance.now();
    paths.push(await ledger.inclusion(index, size));
    latenciesMs.push(performance.now() - askedMs);
  }
  const prove = indices.length / (performance.now() - startMs);
  const leaves = await Promise.all(indices.map((index) => leafOf(ledger, index)));
  const verifyMs = performance.now();
  indices.forEach((index, at) => {
    const claim = { index, size, leafHash: leaves[at]!, root, path: paths[at]!.map(fromHex) };
    if (!verifyInclusion(claim, sha256)) throw new Error(`the proof of entry ${index} does not hold`);
  });
  const verify = indices.length / (performance.now() - verifyMs);
  const p50 = percentile(latenciesMs, 0.5);
  const p99 = percentile(latenciesMs, 0.99);
  return { p50, p99, prove: prove * 1_000, verify: verify * 1_000 };
}

async function leafOf(ledger: LedgerPort, index: number): Promise<Uint8Array> {
  return fromHex((await ledger.entry(index))!.leafHash.slice('sha256:'.length));
}
