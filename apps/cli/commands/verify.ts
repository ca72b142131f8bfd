/** `witan verify`: checks a recorded decision offline, against a pinned key. */
import type { Command } from 'commander';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { WitanError } from '../../../contracts/errors.ts';
import { DecisionProof } from '../../../contracts/messages/decision-proof.ts';
import type { PinnedKey } from '../../../contracts/messages/decision-proof.ts';
import { DecisionId, readProofFromFolder, verifyDecisionProof, verifyLogFolder } from '../../../index.ts';
import type { DecisionVerification } from '../../../index.ts';
import type { CommandRun, Register } from '../command.ts';
import { dataFolder, nodeClient, pinnedKey } from '../running-node.ts';
import { tlogProofIn, verifyTlog } from './log/verify-tlog.ts';

/** Adds the command. */
export function addVerify(program: Command, register: Register): void {
  const command = program
    .command('verify')
    .description('check a recorded decision: records, signatures, tally, log')
    .argument('<id or file>', 'id of a decision, or a proof file')
    .option('--key <hex or file>', "public key that you trust (default: the data folder's verify-key.json)")
    .option(
      '--policy <file>',
      'of a .tlog-proof: logs, witnesses and quorum that you trust (C2SP tlog-policy)',
    )
    .option('--entry <file>', 'of a .tlog-proof: bytes of the entry, where the proof does not carry them')
    .option('--data-dir <folder>', 'folder that holds the log (default .witan); no node needs to run')
    .option('--url <url>', 'fetch the proof from a node instead of the log')
    .option('--out <file>', 'also write the proof to a file')
    .addHelpText(
      'after',
      `
Examples:
  witan verify d0123456789abcdef0123456789abcdef
  witan verify proof.json --key 8f0c…64 hex digits
  witan verify verdict.tlog-proof --policy trust-policy.txt
  witan verify d0123456789abcdef0123456789abcdef --data-dir /backup/witan --key verify-key.json

Nothing in the proof is trusted: only the key that you name. When it fails: exit code 7, and the mismatch.`,
    );
  register(command, verify);
}

async function verify(call: CommandRun): Promise<number> {
  const { terminal, options, args } = call;
  const [what = ''] = args;
  const tlogProof = tlogProofIn(what);
  if (tlogProof !== undefined) return verifyTlog(tlogProof, call);
  const decisionId = DecisionId.safeParse(what).data;
  if (decisionId !== undefined && options['url'] === undefined) {
    const damage = await verifyWholeLog(call);
    if (damage !== 0) return damage;
  }
  const proof = await findProof(what, decisionId, call);
  const pinned = requireKey(options, DecisionProof.safeParse(proof).data?.final.logId);
  if (typeof options['out'] === 'string') writeFileSync(options['out'], `${JSON.stringify(proof)}\n`);
  const result = verifyDecisionProof(proof, pinned);
  terminal.json({ ...result, verdict: undefined, outcome: result.verdict?.outcome ?? null });
  return show(result, call);
}

/** A damaged record anywhere in the log is told before the one that was asked for. */
async function verifyWholeLog({ terminal, options }: CommandRun): Promise<number> {
  const folder = dataFolder(options);
  const { ok, mismatch, broken } = await verifyLogFolder(folder, requireKey(options));
  if (ok) return 0;
  const { check, field, expected, actual } = mismatch!;
  const record = broken === null ? `log in ${folder}` : actual;
  terminal.json({ ok: false, record: broken, mismatch });
  terminal.line(`${terminal.paint('bad', 'NOT verified')}: ${record}, ${field} (${check})`);
  terminal.line(`  expected ${expected}`);
  if (broken === null) terminal.line(`  found    ${actual}`);
  return 7;
}

function requireKey(options: Record<string, unknown>, logId?: string): PinnedKey {
  const pinned = pinnedKey(options, logId);
  if (pinned) return pinned;
  throw new WitanError('invalid_argument', 'no key is pinned, so nothing can be verified', {
    path: '--key',
    expected: 'the public key that the node printed at its start, or its verify-key.json',
  });
}

async function findProof(
  what: string,
  decisionId: DecisionId | undefined,
  call: CommandRun,
): Promise<unknown> {
  if (decisionId === undefined) return proofInFile(what);
  if (typeof call.options['url'] === 'string') return await nodeClient(call).proof(decisionId);
  return await readProofFromFolder(dataFolder(call.options), decisionId);
}

function proofInFile(file: string): unknown {
  if (!existsSync(file)) {
    throw new WitanError('not_found', `${file} is neither the id of a decision nor a file`, {
      expected: 'd and 32 hex digits, or a proof file',
    });
  }
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new WitanError('verification_failed', `${file} is not JSON`, { expected: 'a proof file' }, error);
  }
}

function show(result: DecisionVerification, { terminal }: CommandRun): number {
  const { line, paint } = terminal;
  if (result.ok) {
    const { decisionId, logId, openedIndex, finalIndex, verdict, checked } = result;
    line(`${paint('good', 'verified')} ${decisionId}: ${verdict!.outcome} by ${verdict!.decidedBy}`);
    line(
      `  log ${logId}, records #${openedIndex} and #${finalIndex}, ${checked.length} checks: ` +
        'signatures, ballots, tally, chain, inclusion, checkpoint',
    );
    return 0;
  }
  const { record, field, expected, actual, check } = result.mismatch!;
  line(`${paint('bad', 'NOT verified')}: ${record}, ${field} (${check})`);
  line(`  expected ${expected}`);
  line(`  found    ${actual}`);
  return 7;
}
