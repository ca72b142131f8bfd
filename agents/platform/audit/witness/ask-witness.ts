/**
 * One question to one witness: vouch for this checkpoint of ours.
 *
 * @source C2SP tlog-witness (add-checkpoint, 409 with the size that it knows, monitoring)
 */
import { WitanError } from '../../../../contracts/errors.ts';
import { fromHex, toHex, utf8 } from '../../../../contracts/ledger/bytes.ts';
import { parseNote, type NoteSignature } from '../../../../contracts/ledger/checkpoint.ts';
import type { LedgerCrypto } from '../../../../contracts/ledger/crypto.ts';
import { verifyConsistency } from '../../../../contracts/ledger/tree/merkle.ts';
import { formatAddCheckpoint } from '../../../../contracts/ledger/tlog/add-checkpoint.ts';
import { noteKeyId, type NoteKey } from '../../../../contracts/ledger/tlog/note-key.ts';
import {
  logSignatureState,
  noteOfKeys,
  parseOpenCheckpoint,
  signatureLine,
  signatureState,
  type OpenCheckpoint,
} from '../../../../contracts/ledger/tlog/open-checkpoint.ts';
import type { HttpAnswer, HttpOutPort } from '../../../../runtime/kernel/ports/http-out.ts';
import type { LedgerPort } from '../../../../runtime/kernel/ports/ledger.ts';
import type { ForkEvidence } from '../../../../runtime/kernel/ports/witness/witness-store.ts';

/** A witness that is asked. */
export interface AskedWitness {
  readonly name: string;
  readonly key: NoteKey;
  /** Submission prefix without a slash at its end; its monitoring prefix is the same. */
  readonly url: string;
}

/** What is used to ask. */
export interface AskPorts {
  readonly http: HttpOutPort;
  readonly ledger: Pick<LedgerPort, 'consistency' | 'size'>;
  readonly crypto: LedgerCrypto;
  readonly timeoutMs: number;
  /** Keys of this log, retired ones too: what they signed binds it still. */
  readonly ownKeys: () => readonly NoteKey[];
}

/** What a witness said. */
export type WitnessAnswer =
  | { readonly kind: 'vouched'; readonly line: string; readonly size: number }
  /** It has seen signed words of this log that contradict ours. */
  | { readonly kind: 'fork'; readonly fork: Pick<ForkEvidence, 'kind' | 'first' | 'second' | 'proof'> };

const MAX_ANSWER_BYTES = 131_072;
const SIZE_TYPE = 'text/x.tlog.size';

/**
 * Asks once, and once more from the size that the witness names.
 * @throws unavailable, deadline_exceeded, bad_signature (what it gave does not verify), conflict
 */
export async function askWitness(
  checkpoint: OpenCheckpoint,
  witness: AskedWitness & { readonly knownSize: number },
  ports: AskPorts,
): Promise<WitnessAnswer> {
  const own = noteOfKeys(checkpoint, ports.ownKeys(), ports.crypto.sha256);
  const first = await post(witness, witness.knownSize, { checkpoint, note: own, ports });
  if (first.status !== 409) return answered(first, witness, { checkpoint, ports });
  const size = sizeIn(first, witness);
  if (size > checkpoint.size) return contradiction(witness, checkpoint, ports);
  const second = await post(witness, size, { checkpoint, note: own, ports });
  return answered(second, witness, { checkpoint, ports });
}

interface Asking {
  readonly checkpoint: OpenCheckpoint;
  readonly ports: AskPorts;
}

async function post(
  { url }: AskedWitness,
  oldSize: number,
  { checkpoint, note, ports }: Asking & { readonly note: string },
): Promise<HttpAnswer> {
  const proves = oldSize > 0 && oldSize < checkpoint.size;
  const proof = proves ? await ports.ledger.consistency(oldSize, checkpoint.size) : [];
  return ports.http.send({
    method: 'POST',
    url: `${url}/add-checkpoint`,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: utf8(formatAddCheckpoint(oldSize, proof.map(fromHex), note)),
    timeoutMs: ports.timeoutMs,
    maxBytes: MAX_ANSWER_BYTES,
  });
}

async function answered(
  answer: HttpAnswer,
  witness: AskedWitness,
  { checkpoint, ports }: Asking,
): Promise<WitnessAnswer> {
  if (answer.status === 200) {
    const line = ownLine(answer, witness, { checkpoint, ports });
    return { kind: 'vouched', line, size: checkpoint.size };
  }
  if (answer.status === 422) return contradiction(witness, checkpoint, ports);
  // 403 and 404: it does not know this log, or another key of it.
  const code = answer.status >= 500 || answer.status === 429 ? 'unavailable' : 'conflict';
  throw new WitanError(code, `${witness.name} answers ${answer.status}`, { status: answer.status });
}

/** The witness's own lines on our checkpoint, verified; those of keys that we do not pin are left out. */
function ownLine(answer: HttpAnswer, witness: AskedWitness, { checkpoint, ports }: Asking): string {
  const { crypto } = ports;
  let cosigned: OpenCheckpoint;
  let lines: readonly NoteSignature[];
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(answer.body);
    lines = parseNote(`${checkpoint.note.text}\n${text}`).signatures;
    cosigned = { ...checkpoint, note: { text: checkpoint.note.text, signatures: lines } };
  } catch (error) {
    throw new WitanError('bad_signature', `${witness.name} gives no signature lines`, {}, error);
  }
  const { state } = signatureState(cosigned, witness.key, crypto);
  if (state !== 'good')
    throw new WitanError('bad_signature', `the cosignature of ${witness.name} is ${state}`, { state });
  const id = noteKeyId(witness.key, crypto.sha256);
  return signatureLine(lines.find((line) => line.keyName === witness.key.name && line.keyHash === id)!);
}

function sizeIn(answer: HttpAnswer, { name }: AskedWitness): number {
  const text = new TextDecoder().decode(answer.body);
  const isSize = /^(0|[1-9][0-9]{0,15})\n$/.test(text) && Number.isSafeInteger(Number(text));
  // Another 409 on the way (a proxy) names no size.
  if (isSize && (answer.headers['content-type'] ?? '').startsWith(SIZE_TYPE)) return Number(text);
  throw new WitanError('unavailable', `${name} answers 409 without a size`, { status: 409 });
}

/**
 * The witness refuses our own proof, or knows more than we have: whatever it holds with our signature is
 * compared with ours. Without such a checkpoint it is only a witness that refuses.
 */
async function contradiction(
  witness: AskedWitness,
  checkpoint: OpenCheckpoint,
  ports: AskPorts,
): Promise<WitnessAnswer> {
  const seen = await seenBy(witness, checkpoint.origin, ports).catch(() => undefined);
  const refused = new WitanError('conflict', `${witness.name} does not find the log consistent`, {});
  if (!seen || logSignatureState(seen, ports.ownKeys(), ports.crypto) !== 'good') throw refused;
  const { sha256 } = ports.crypto;
  const notes = {
    first: noteOfKeys(seen, ports.ownKeys(), sha256),
    second: noteOfKeys(checkpoint, ports.ownKeys(), sha256),
  };
  if (seen.size > ports.ledger.size())
    return { kind: 'fork', fork: { kind: 'rolled-back', ...notes, proof: [] } };
  if (seen.size === checkpoint.size) {
    if (seen.root === checkpoint.root) throw refused;
    return { kind: 'fork', fork: { kind: 'same-size', ...notes, proof: [] } };
  }
  if (seen.size === 0 || checkpoint.size === 0) throw refused;
  const isNewer = seen.size > checkpoint.size;
  const [older, newer] = isNewer ? [checkpoint, seen] : [seen, checkpoint];
  const proof = (await ports.ledger.consistency(older.size, newer.size)).map(fromHex);
  const sizes = { fromSize: older.size, toSize: newer.size };
  const roots = { fromRoot: fromHex(older.root), toRoot: fromHex(newer.root) };
  if (!verifyConsistency({ ...sizes, ...roots, path: proof }, sha256)) {
    const [first, second] = isNewer ? [notes.second, notes.first] : [notes.first, notes.second];
    return { kind: 'fork', fork: { kind: 'inconsistent', first, second, proof: proof.map(toHex) } };
  }
  // Anyone who has a newer head of ours may show it while we ask.
  if (isNewer) throw new WitanError('unavailable', `${witness.name} has seen a newer head of the log`, {});
  throw refused;
}

async function seenBy({ url }: AskedWitness, origin: string, ports: AskPorts): Promise<OpenCheckpoint> {
  const hash = toHex(ports.crypto.sha256(utf8(origin)));
  const { timeoutMs } = ports;
  const answer = await ports.http.send({
    method: 'GET',
    url: `${url}/${hash}/checkpoint`,
    timeoutMs,
    maxBytes: MAX_ANSWER_BYTES,
  });
  return parseOpenCheckpoint(new TextDecoder('utf-8', { fatal: true }).decode(answer.body));
}
