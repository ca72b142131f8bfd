/** Labelled rows of the visible sets, as decisions. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Decision, DecisionRequest } from '../../contracts/messages/decision.ts';
import { DecisionId, Digest } from '../../contracts/messages/ids.ts';

/** One row; `half` is 0 (rules were tuned on it) or 1 (held out), by a hash of the text. */
export interface LabelledRow {
  readonly text: string;
  readonly label: 0 | 1;
  readonly category: string;
  readonly half: 0 | 1;
  /** Where a document, not a user, is the source. */
  readonly isRetrieved: boolean;
  /** The system prompt that the text was written under. */
  readonly system?: string;
}

/**
 * Sets on which rules may be tuned, in printing order; every row of `benignOnly` sets counts as benign
 * here.
 */
export const TUNING_SETS = [
  'benign_clinc',
  'mitre_frr',
  'xstest',
  'agt_smoke',
  'bipia',
  'pii_presidio',
  'hal_halueval_general',
  'cyberseceval_pi',
  'jailbreak_inthewild',
  'gptfuzz_templates',
  'harmful_advbench',
] as const;

/** Sets that are only ever counted, never read row by row. */
export const COUNTED_SETS: readonly string[] = [
  'neuralchemy_pi',
  'safeguard_pi',
  'benign_alpaca',
  'crisis_sdcnl',
  'crisis_twitter',
];

/**
 * Their labels mean something else than harm (a kind of personal data, an unfounded claim): all rows are
 * benign.
 */
const BENIGN_ONLY: readonly string[] = ['pii_presidio', 'hal_halueval_general'];
const RETRIEVED = /^(?:document|rag_chunk|tool_result|memory|ticket|email|table|code)$/;

/** Rows of `<folder>/<set>/data.jsonl.gz`; undefined where the file is absent. */
export function readRows(folder: string, set: string): readonly LabelledRow[] | undefined {
  const file = join(folder, set, 'data.jsonl.gz');
  if (!existsSync(file)) return undefined;
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n');
  return lines.map((line) => {
    const row = JSON.parse(line) as {
      text: string;
      label: number;
      cat?: string;
      src?: string;
      kind?: string;
      system?: string;
    };
    return {
      text: row.text,
      label: BENIGN_ONLY.includes(set) || row.label === 0 ? 0 : 1,
      category: row.cat ?? '',
      half: halfOf(row.text),
      isRetrieved: set === 'bipia' || RETRIEVED.test(row.src ?? ''),
      ...(row.system ? { system: row.system } : {}),
    };
  });
}

const ANY_ID = DecisionId.parse(`d${'0'.repeat(32)}`);
const ANY_DIGEST = Digest.parse(`sha256:${'0'.repeat(64)}`);

/** The row as a chat decision; `byOrigin` gives fetched text its origin instead of the user's. */
export function decisionOf(row: LabelledRow, byOrigin: boolean): Decision {
  const request = requestOf(row, byOrigin);
  return { decisionId: ANY_ID, tenant: 'bench', digest: ANY_DIGEST, request };
}

function requestOf({ text, system, isRetrieved }: LabelledRow, byOrigin: boolean): DecisionRequest {
  const own =
    byOrigin && isRetrieved
      ? ({ role: 'tool', origin: 'retrieved', content: text } as const)
      : ({ role: 'user', content: text } as const);
  if (system !== undefined) return { type: 'chat', messages: [{ role: 'system', content: system }, own] };
  return own.role === 'user' ? { type: 'chat', text } : { type: 'chat', messages: [own] };
}

/** Every row without a system prompt under one of `systems`, in turn: harmless requests of another subject. */
export function lendSystems(
  rows: readonly LabelledRow[],
  systems: readonly string[],
): readonly LabelledRow[] {
  // A prime stride, so that neighbours in the file do not share a prompt.
  return rows.map((row, index) =>
    row.system === undefined ? { ...row, system: systems[(index * 7_919) % systems.length]! } : row,
  );
}

function halfOf(text: string): 0 | 1 {
  let hash = 2_166_136_261;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 16_777_619) >>> 0;
  return ((hash >>> 13) & 1) as 0 | 1;
}
