/** `witan verify FILE.tlog-proof`: a transparent proof against keys, a policy, and the entry. */
import { readFileSync } from 'node:fs';
import { WitanError } from '../../../../contracts/errors.ts';
import { TLOG_PROOF_HEAD } from '../../../../contracts/ledger/tlog/tlog-proof.ts';
import type { TlogProofVerification } from '../../../../contracts/ledger/tlog/tlog-proof.ts';
import { verifyTlogProofText } from '../../../../index.ts';
import type { CommandRun } from '../../command.ts';
import { pinnedKey } from '../../running-node.ts';

const KEY_TEXT = /^[^+\s]+\+[0-9a-f]{8}\+\S+$/;

/** Text of a file that begins as a `.tlog-proof` does; undefined for every other, also where there is none. */
export function tlogProofIn(file: string): string | undefined {
  try {
    const text = readFileSync(file, 'utf8');
    return text.startsWith(`${TLOG_PROOF_HEAD}\n`) ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Verifies and prints. @throws invalid_argument without anything to trust, not_found for files */
export function verifyTlog(text: string, call: CommandRun): number {
  const { options, terminal } = call;
  const policy = fileOf(options, 'policy')?.toString('utf8');
  const given = options['key'] as string | undefined;
  const isKeyText = given !== undefined && KEY_TEXT.test(given);
  const trust = {
    policy,
    keys: isKeyText ? [given] : [],
    // The node's own key file is no answer to a policy: that names the logs.
    pinned: isKeyText || (policy !== undefined && given === undefined) ? undefined : pinnedKey(options),
  };
  if (!trust.pinned && !isKeyText && policy === undefined) {
    const details = { path: '--key', expected: '--key or --policy' };
    throw new WitanError('invalid_argument', 'no key is pinned, so nothing can be verified', details);
  }
  const result = verifyTlogProofText(text, fileOf(options, 'entry'), trust);
  const { ok, checked, mismatch, index, witnesses, checkpoint } = result;
  const log = checkpoint && { origin: checkpoint.origin, size: checkpoint.size };
  terminal.json({ ok, checked, mismatch, index, witnesses, log });
  return show(result, call);
}

function show(
  { ok, checkpoint, index, witnesses, mismatch }: TlogProofVerification,
  call: CommandRun,
): number {
  const { line, paint } = call.terminal;
  if (ok) {
    const by = witnesses.length === 0 ? 'no witness was asked for' : `witnessed by ${witnesses.join(', ')}`;
    line(`${paint('good', 'verified')} entry #${index} of ${checkpoint!.origin}`);
    line(`  under its checkpoint of ${checkpoint!.size} entries; ${by}`);
    return 0;
  }
  const { check, field, expected, actual } = mismatch!;
  line(`${paint('bad', 'NOT verified')}: ${field} (${check})`);
  line(`  expected ${expected}`);
  line(`  found    ${actual}`);
  return 7;
}

/** Bytes of the file that an option names; undefined where it is not given. @throws not_found */
export function fileOf(options: Record<string, unknown>, name: string): Buffer | undefined {
  const file = options[name];
  if (typeof file !== 'string') return undefined;
  try {
    return readFileSync(file);
  } catch (cause) {
    const details = { path: `--${name}`, expected: 'a file' };
    throw new WitanError('not_found', `there is no file ${file}`, details, cause);
  }
}
