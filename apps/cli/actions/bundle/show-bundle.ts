/** `witan verify BUNDLE`: each step from record to transaction, and the first thing that is wrong. */
import { WitanError } from '../../../../contracts/errors.ts';
import { verifyEvidenceBundle } from '../../../../index.ts';
import type { BundleStep, BundleVerification, EvidenceTrust, PinnedKey } from '../../../../index.ts';
import type { CommandRun } from '../../command.ts';
import { fileOf } from '../log/verify-tlog.ts';

/** Verifies and prints; exit code 7 when something does not hold. @throws invalid_argument for the pins */
export function verifyBundleFile(bundle: unknown, pinned: PinnedKey, call: CommandRun): number {
  const { options, terminal } = call;
  const policy = fileOf(options, 'policy')?.toString('utf8');
  const result = verifyEvidenceBundle(bundle, { pinned, policy, chains: chainsOf(options) });
  const { ok, steps, mismatch, decision } = result;
  const { decisionId, verdict } = decision ?? { decisionId: null, verdict: null };
  terminal.json({ ok, decisionId, outcome: verdict?.outcome ?? null, steps, mismatch });
  show(result, call);
  return ok ? 0 : 7;
}

/** Contract and block that the reader pinned. @throws invalid_argument */
function chainsOf({ chain, block }: Record<string, unknown>): EvidenceTrust['chains'] {
  if (chain === undefined) {
    if (block === undefined) return undefined;
    const details = { path: '--chain', expected: '--chain together with --block' };
    throw new WitanError('invalid_argument', 'a block is one of a chain', details);
  }
  const found = /^([1-9]\d{0,14}):(0x[0-9a-fA-F]{40})$/.exec(String(chain));
  if (!found || (block !== undefined && !/^0x[0-9a-f]{64}$/.test(String(block)))) {
    const details = { path: '--chain', expected: 'ID:0x and 40 hex digits; --block 0x and 64 hex digits' };
    throw new WitanError('invalid_argument', 'the pinned contract or block cannot be read', details);
  }
  const blockHash = block === undefined ? {} : { blockHash: String(block) };
  return [{ chainId: Number(found[1]), contract: found[2]!, ...blockHash }];
}

const MARKS = { verified: '✔', unpinned: '~', absent: '-', failed: '✘', unreached: ' ' } as const;
const PAINTS = {
  verified: 'good',
  unpinned: 'warn',
  absent: 'soft',
  failed: 'bad',
  unreached: 'soft',
} as const;

function show({ ok, steps, mismatch, decision }: BundleVerification, { terminal }: CommandRun): void {
  const { line, paint } = terminal;
  const name = decision?.decisionId ?? 'bundle';
  line(`${ok ? paint('good', 'verified') : paint('bad', 'NOT verified')} ${name}`);
  for (const step of steps) line(`  ${stepLine(step, terminal)}`);
  if (!mismatch) return;
  line(`  first wrong: ${mismatch.part}, ${mismatch.field}`);
  line(`    expected ${mismatch.expected}`);
  line(`    found    ${mismatch.actual}`);
}

function stepLine({ step, state, detail }: BundleStep, { paint }: CommandRun['terminal']): string {
  return `${paint(PAINTS[state], `${MARKS[state]} ${step.padEnd(11)}`)} ${detail}`;
}
