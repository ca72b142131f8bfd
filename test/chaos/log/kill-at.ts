/** One run: the child is ended at a point, and what it acknowledged is looked for in what it left. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromHex } from '../../../contracts/ledger/bytes.ts';
import { verifyConsistency } from '../../../contracts/ledger/tree/merkle.ts';
import { sha256 } from '../../../runtime/kernel/crypto/digest.ts';
import { SystemClock } from '../../../runtime/kernel/index.ts';
import { MemoryKeys } from '../../../runtime/store/keys/memory-keys.ts';
import { CHECKPOINT_PURPOSE } from '../../../runtime/store/ledger/log-signer.ts';
import { openSegmentLedger } from '../../../runtime/store/segment/segment-ledger.ts';
import { verifyLog } from '../../../runtime/store/segment/verify-log.ts';
import { CHAOS_LOG } from './chaos-log.ts';
import type { LogFaultPoint } from './fault-points.ts';
import { SOURCE_FLAGS } from '../../source-flags.ts';

/** What was found after one kill. */
export interface KillOutcome {
  readonly name: string;
  /** False: the point was never passed, so nothing was tested. */
  readonly wasKilled: boolean;
  readonly acknowledged: number;
  /** Acknowledged entries that are gone. */
  readonly lost: number;
  /** Acknowledged entries that stand elsewhere, or are others. */
  readonly reordered: number;
  /** Signed heads that the log no longer stands by. */
  readonly disowned: number;
  /** Why the log does not open or verify; null: it does. */
  readonly fault: string | null;
}

const CHILD = join(import.meta.dirname, 'log-child.ts');

/** Runs it in a folder of its own. */
export async function killAt(point: LogFaultPoint): Promise<KillOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'witan-chaos-'));
  try {
    const { lines, signal } = await runChild(folder, point.name);
    return await lookAt(folder, { name: point.name, lines, wasKilled: signal === 'SIGKILL' });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runChild(folder: string, name: string): Promise<{ lines: string[][]; signal: string | null }> {
  const child = spawn(process.execPath, [...SOURCE_FLAGS, CHILD, folder, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => {
    child.on('close', (_code, signal) => {
      const lines = output.split('\n').filter((line) => line !== '');
      resolve({ lines: lines.map((line) => line.split(' ')), signal });
    });
  });
}

async function lookAt(
  folder: string,
  { name, lines, wasKilled }: { name: string; lines: string[][]; wasKilled: boolean },
): Promise<KillOutcome> {
  const clock = new SystemClock();
  const keys = new MemoryKeys({ clock, seed: CHAOS_LOG.seed });
  const acknowledged = lines.filter(([word]) => word === 'acknowledged');
  const signed = lines.filter(([word]) => word === 'signed');
  const found = { name, wasKilled, acknowledged: acknowledged.length };
  let [lost, reordered, disowned] = [0, 0, 0];
  try {
    const ledger = await openSegmentLedger({ ...CHAOS_LOG.options, folder, clock, keys });
    for (const [, index, leafHash] of acknowledged) {
      const entry = await ledger.entry(Number(index));
      if (!entry) lost += 1;
      else if (entry.leafHash !== leafHash) reordered += 1;
    }
    const { size, root } = await ledger.checkpoint();
    for (const [, fromSize, fromRoot] of signed) {
      if (Number(fromSize) === 0) continue;
      const path = (await ledger.consistency(Number(fromSize), size)).map(fromHex);
      const roots = { fromRoot: fromHex(fromRoot!), toRoot: fromHex(root) };
      const claim = { fromSize: Number(fromSize), toSize: size, ...roots, path };
      if (!verifyConsistency(claim, sha256)) disowned += 1;
    }
    await ledger.append({ kind: 'event', tenant: 'chaos', payload: 'goes on' });
    await ledger.close();
    const { publicKey } = keys.active(CHECKPOINT_PURPOSE);
    const { ok, mismatch } = await verifyLog(folder, [{ logId: CHAOS_LOG.options.logId, publicKey }]);
    const fault = ok ? null : `${mismatch!.check}: ${mismatch!.field}`;
    return { ...found, lost, reordered, disowned, fault };
  } catch (error) {
    return { ...found, lost, reordered, disowned, fault: String(error) };
  }
}
