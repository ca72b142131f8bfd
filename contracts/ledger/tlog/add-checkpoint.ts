/** Body of a request to a witness: old size, consistency proof, checkpoint. @source C2SP tlog-witness */
import { WitanError } from '../../errors.ts';
import { fromBase64, toBase64 } from '../bytes.ts';
import { parseOpenCheckpoint, type OpenCheckpoint } from './open-checkpoint.ts';

/** A parsed request; nothing in it is verified yet. */
export interface AddCheckpoint {
  readonly oldSize: number;
  /** RFC 6962 consistency proof from `oldSize`, 32 bytes each. */
  readonly proof: readonly Uint8Array[];
  readonly checkpoint: OpenCheckpoint;
  /** The checkpoint as it came, with all its signatures. */
  readonly note: string;
}

/** Lines of proof that a request may have. */
export const MAX_PROOF_LINES = 63;
/** Characters that a request may have: a note, its proof, and room. */
export const MAX_ADD_CHECKPOINT_LENGTH = 98_304;

const OLD = /^old (0|[1-9][0-9]{0,15})$/;

/** Text of a request. `note` ends with a newline, as every note does. */
export function formatAddCheckpoint(oldSize: number, proof: readonly Uint8Array[], note: string): string {
  return `old ${oldSize}\n${proof.map((hash) => `${toBase64(hash)}\n`).join('')}\n${note}`;
}

/** Parts of a request. @throws bad_encoding, too_large */
export function parseAddCheckpoint(text: string): AddCheckpoint {
  if (text.length > MAX_ADD_CHECKPOINT_LENGTH)
    throw new WitanError('too_large', 'the request is too large', { path: '' });
  const split = text.indexOf('\n\n');
  if (split < 0) throw malformed('old size, proof, an empty line, a checkpoint');
  const [old = '', ...lines] = text.slice(0, split).split('\n');
  const found = OLD.exec(old);
  if (!found || !Number.isSafeInteger(Number(found[1]))) throw malformed('the line: old SIZE');
  if (lines.length > MAX_PROOF_LINES) throw malformed(`at most ${MAX_PROOF_LINES} lines of proof`);
  const proof = lines.map((line) => {
    const hash = fromBase64(line);
    if (hash.length !== 32) throw malformed('hashes of 32 bytes');
    return hash;
  });
  const note = text.slice(split + 2);
  return { oldSize: Number(found[1]), proof, checkpoint: parseOpenCheckpoint(note), note };
}

function malformed(expected: string): WitanError {
  return new WitanError('bad_encoding', `not a request to add a checkpoint: expected ${expected}`, {
    expected,
  });
}
