/** What the tests of faults share: patient settings, watched ends, and the check of the whole record. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DecisionId } from '../../contracts/messages/ids.ts';
import { toWitanError } from '../../contracts/errors.ts';
import type { WitanError } from '../../contracts/errors.ts';
import { verifyLogFolder } from '../../index.ts';
import type { Host, PinnedKey, SettingsInput, Verdict } from '../../index.ts';
import { assert } from '../harness.ts';

/** Deadlines that a busy machine keeps: what is tested is the fault, not the time that it takes. */
export const PATIENT = {
  deadlines: { decisionMs: 60_000, policyMs: 10_000, checksMs: 20_000 },
} as const satisfies SettingsInput;

/** Resolves with the verdict's outcome when the stream of a decision shows its end. */
export function ended(host: Host, decisionId: DecisionId): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    host.subscribe(
      {
        onEvent: (event) => {
          if (event.type === 'final') resolve(event.verdict);
        },
        onGap: () => undefined,
        onEnd: () => reject(new Error(`the stream of ${decisionId} ended without a verdict`)),
      },
      { decisionId },
    );
  });
}

/** The verdict, or the error that a caller got in its place. */
export function outcomeOf(submitted: Promise<Verdict>): Promise<Verdict | WitanError> {
  return submitted.catch((thrown: unknown) => toWitanError(thrown));
}

/** Whether a caller got an error. */
export function isError(result: Verdict | WitanError): result is WitanError {
  return 'code' in result;
}

/** Checks every record, the chain, tree and signed head below a data folder, under the key pinned there. */
export async function assertLogVerifies(dataDir: string): Promise<void> {
  const pinned = JSON.parse(readFileSync(join(dataDir, 'verify-key.json'), 'utf8')) as PinnedKey;
  const { ok, mismatch } = await verifyLogFolder(dataDir, pinned);
  assert.is(ok, true, JSON.stringify(mismatch));
}
