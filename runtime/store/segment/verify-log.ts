/**
 * Checks a whole log from its files alone: every record, the chain, the tree, the signed head. Changes
 * nothing.
 */
import { join } from 'node:path';
import { fromHex, toHex } from '../../../contracts/ledger/bytes.ts';
import {
  keyHash,
  parseCheckpointText,
  parseNote,
  verifyNote,
  type CheckpointBody,
  type LogKey,
} from '../../../contracts/ledger/checkpoint.ts';
import { CompactRange } from '../../../contracts/ledger/tree/compact-range.ts';
import { chainStart, hashText, parseEntry } from '../../../contracts/ledger/leaf.ts';
import { Checklist, type Verification } from '../../../contracts/ledger/verification.ts';
import { WitanError } from '../../../contracts/errors.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../kernel/crypto/ed25519.ts';
import { nodeFileSystem, type LogFileSystem } from './file-system.ts';
import { HeadFile, type LogHead } from './head-file.ts';
import { readManifest } from './open-log.ts';
import { scanLog, type BrokenRecord, type ScanEnd } from './scan.ts';
import { CHECKPOINT_FILE } from './sealer.ts';

/** Outcome of {@link verifyLog}. */
export interface LogVerification extends Verification {
  readonly logId: string | null;
  /** Whole records read. */
  readonly size: number;
  /** Records that the signed checkpoint covers. */
  readonly checkpointSize: number;
  /** First record that is damaged; null when the mismatch is not in one record. */
  readonly broken: BrokenRecord | null;
  /**
   * Bytes of an unfinished write follow the last record: normal after a crash, or while the log is written.
   */
  readonly hasTornTail: boolean;
}

/**
 * Verifies the log in `folder` under pinned keys; the log may be open for writing.
 *
 * Reads every record once. A log that was recomputed consistently and signed by another key fails at
 * `signature`.
 * @throws not_found when the folder holds no log, and the system's error when files cannot be read
 */
export async function verifyLog(
  folder: string,
  pinned: readonly LogKey[],
  fs: LogFileSystem = nodeFileSystem,
): Promise<LogVerification> {
  const manifest = await readManifest({ fs, folder });
  if (!manifest) throw new WitanError('not_found', `${folder} holds no log`, { path: folder });
  // Note, head, records, in this order: a log that grows meanwhile then still contains what was read before.
  const note = await fs.readText(join(folder, CHECKPOINT_FILE));
  const head = await HeadFile.read(fs, folder).catch((error: WitanError) => error);
  const list = new Checklist();
  const signed = new SignedHead();
  const checked = list.run(() => signed.check(list, { logId: manifest.logId, note, head, pinned }));
  const walk = new LogWalk(manifest.logId, [signed.body?.size ?? 0, head instanceof Error ? 0 : head.size]);
  const damage = await walk.run(fs, folder);
  const hasTornTail = damage !== null && damage.index >= walk.knownSize;
  const broken = hasTornTail ? null : damage;
  const summary = {
    logId: manifest.logId,
    size: walk.size,
    checkpointSize: signed.body?.size ?? 0,
    broken,
    hasTornTail,
  };
  if (broken) {
    const { index, decisionId, field } = broken;
    const where = decisionId === null ? `record ${index}` : `record ${index} of ${decisionId}`;
    const mismatch = {
      check: 'records',
      field: `${index}.${field}`,
      expected: 'the record as it was written',
      actual: where,
    };
    return { ...summary, ok: false, checked: [], mismatch };
  }
  if (!checked.ok) return { ...summary, ...checked };
  const rest = new Checklist();
  const roots = rest.run(() => walk.check(rest, { body: signed.body!, head: head as LogHead }));
  return { ...summary, ...roots, checked: [...checked.checked, ...roots.checked] };
}

class SignedHead {
  body: CheckpointBody | null = null;

  check(
    list: Checklist,
    {
      logId,
      note,
      head,
      pinned,
    }: { logId: string; note: string | undefined; head: LogHead | Error; pinned: readonly LogKey[] },
  ): void {
    list.begin('head');
    list.holds(!(head instanceof Error), {
      field: 'head',
      expected: 'a whole head',
      actual: 'it is damaged',
    });
    list.begin('checkpoint');
    list.holds(note !== undefined, {
      field: 'checkpoint',
      expected: 'a signed checkpoint',
      actual: 'there is none',
    });
    const parsed = parseNote(note!);
    const body = parseCheckpointText(parsed.text);
    this.body = body;
    list.equal('checkpoint.logId', logId, body.logId);
    list.begin('signature');
    const own = pinned.filter((key) => key.logId === logId);
    const name = (key: LogKey): string => `${key.logId}+${toHex(keyHash(key, sha256))}`;
    const expected =
      own.length > 0 ? `a signature by ${own.map(name).join(' or ')}` : `a pinned key of ${logId}`;
    const holds = own.some((key) => verifyNote(parsed, key, { sha256, verifyEd25519 }));
    const signers = parsed.signatures.map((line) => `${line.keyName}+${line.keyHash}`).join(', ');
    list.holds(holds, { field: 'checkpoint.note', expected, actual: `signed by ${signers}, not verified` });
  }
}

/** Reads all records and remembers root and chain at the sizes that something signed or sealed speaks of. */
class LogWalk {
  size = 0;
  /** Records that must be there: what is sealed, signed, or called synced by a later record. */
  knownSize: number;
  readonly #logId: string;
  readonly #sizes: readonly number[];
  readonly #marks = new Map<number, { root: string; chainHash: string }>();
  readonly #unique = new Set<string>();

  constructor(logId: string, sizes: readonly number[]) {
    this.#logId = logId;
    this.#sizes = sizes;
    this.knownSize = Math.max(...sizes);
  }

  async run(fs: LogFileSystem, folder: string): Promise<BrokenRecord | null> {
    const range = new CompactRange(sha256);
    this.#mark(range, chainStart(this.#logId, sha256));
    const scan = scanLog(fs, folder, this.#logId);
    for (let step = await scan.next(); ; step = await scan.next()) {
      if (step.done) return this.#end(step.value);
      const { frame, header, leafHash, segment, offset } = step.value;
      const field = this.#wrongField(frame.text.toString('utf8'), header.index);
      if (field)
        return { index: header.index, decisionId: header.decisionId ?? null, field, segment, offset };
      range.append(leafHash);
      this.size = range.size;
      this.#mark(range, frame.chain);
    }
  }

  check(list: Checklist, { body, head }: { body: CheckpointBody; head: LogHead }): void {
    list.begin('root');
    const signed = this.#marks.get(body.size)!;
    list.equal(`checkpoint.root at size ${body.size}`, signed.root, body.root);
    list.begin('chain');
    list.equal(`checkpoint.chainHash at size ${body.size}`, signed.chainHash, body.chainHash);
    list.begin('sealed-head');
    const sealed = this.#marks.get(head.size)!;
    list.equal(`head.root at size ${head.size}`, sealed.root, toHex(head.root));
    list.equal(`head.chain at size ${head.size}`, sealed.chainHash, hashText(head.chain));
    list.holds(fromHex(body.root).length === 32 && body.size <= head.size, {
      field: 'head.size',
      expected: `at least the signed size ${body.size}`,
      actual: String(head.size),
    });
  }

  #wrongField(canonical: string, index: number): string | null {
    try {
      const { kind, decisionId } = parseEntry(canonical);
      if (kind !== 'opened' && kind !== 'final') return null;
      const name = `${kind} ${decisionId}`;
      if (this.#unique.has(name)) return 'kind';
      this.#unique.add(name);
      return null;
    } catch (error) {
      return (error as WitanError).details?.path ?? `canonical text of ${index}`;
    }
  }

  #end(end: ScanEnd): BrokenRecord | null {
    this.knownSize = Math.max(this.knownSize, end.provenSize);
    if (end.broken) return end.broken;
    if (end.size >= this.knownSize) return null;
    return { index: end.size, decisionId: null, field: 'missing', segment: end.segment, offset: end.offset };
  }

  #mark(range: CompactRange, chain: Uint8Array): void {
    if (!this.#sizes.includes(range.size)) return;
    this.#marks.set(range.size, { root: toHex(range.root()), chainHash: hashText(chain) });
  }
}
