/** What the log is measured beside: its hash alone, a database, another Merkle tree. */
import { hash } from 'node:crypto';
import { MerkleTree as OtherTree } from 'merkletreejs';
import pg from 'pg';
import { sha256 } from '../../runtime/kernel/crypto/digest.ts';
import { startPostgres } from '../../test/postgres-server.ts';

const ROWS_PER_INSERT = 1_000;

/** SHA-256 of records a second, one thread, nothing kept. */
export function hashRate(recordBytes: number, durationMs: number): number {
  const record = Buffer.alloc(recordBytes, 0x61);
  let hashes = 0;
  const startMs = performance.now();
  while (performance.now() - startMs < durationMs) {
    for (let turn = 0; turn < 1_000; turn += 1) hash('sha256', record, 'binary');
    hashes += 1_000;
  }
  return (hashes / (performance.now() - startMs)) * 1_000;
}

/** Rows a second that PostgreSQL makes durable, a thousand a statement, one connection. */
export async function databaseRate(recordBytes: number, durationMs: number): Promise<number> {
  const server = await startPostgres();
  const client = new pg.Client({ connectionString: server.url(await server.makeDatabase()) });
  try {
    await client.connect();
    await client.query('create table entries (id bigserial primary key, body text not null)');
    const bodies = Array.from({ length: ROWS_PER_INSERT }, () => 'x'.repeat(recordBytes));
    let rows = 0;
    const startMs = performance.now();
    while (performance.now() - startMs < durationMs) {
      await client.query('insert into entries (body) select unnest($1::text[])', [bodies]);
      rows += ROWS_PER_INSERT;
    }
    return (rows / (performance.now() - startMs)) * 1_000;
  } finally {
    await client.end();
    await server.end();
  }
}

/** What another library's tree does a second. */
export interface OtherTreeRates {
  /** Leaves taken up. */
  readonly build: number;
  /** Proofs made. */
  readonly prove: number;
  /** Proofs checked. */
  readonly verify: number;
}

/** Rates of merkletreejs on a tree of `leafCount` leaves. */
export function otherTreeRates(leafCount: number): OtherTreeRates {
  const digest = (bytes: Buffer): Buffer => Buffer.from(sha256(bytes));
  const leaves = Array.from({ length: leafCount }, (_, at) => digest(Buffer.from(String(at))));
  const startMs = performance.now();
  const tree = new OtherTree(leaves, digest);
  const root = tree.getRoot();
  const build = leafCount / (performance.now() - startMs);
  const asked = Math.min(200, leafCount);
  const step = Math.floor(leafCount / asked);
  const proveMs = performance.now();
  const proofs = Array.from({ length: asked }, (_, at) => tree.getProof(leaves[at * step]!, at * step));
  const prove = asked / (performance.now() - proveMs);
  const verifyMs = performance.now();
  proofs.forEach((proof, at) => {
    if (!tree.verify(proof, leaves[at * step]!, root))
      throw new Error('the other tree refuses its own proof');
  });
  const verify = asked / (performance.now() - verifyMs);
  return { build: build * 1_000, prove: prove * 1_000, verify: verify * 1_000 };
}
