/** `witan verify`: checks a recorded decision offline, against a pinned key. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { WitanError } from '../../../contracts/errors.ts';
import { EvidenceBundle } from '../../../contracts/messages/bundle.ts';
import { DecisionProof } from '../../../contracts/messages/decision-proof.ts';
import type { PinnedKey } from '../../../contracts/messages/decision-proof.ts';
import { DecisionId } from '../../../contracts/messages/ids.ts';
import { readProofFromFolder, verifyDecisionProof, verifyLogFolder } from '../../../index.ts';
import type { DecisionVerification } from '../../../index.ts';
import type { CommandRun } from '../command.ts';
import { dataFolder, nodeClient, pinnedKey } from '../running-node.ts';
import { verifyBundleFile } from './bundle/show-bundle.ts';
import { tlogProofIn, verifyTlog } from './log/verify-tlog.ts';

/** `witan verify`: check a recorded decision: records, signatures, tally, log. */
export async function verify(call: CommandRun): Promise<number> {
  const { terminal, options, args } = call;
  const [what = ''] = args;
  const tlogProof = tlogProofIn(what);
  if (tlogProof !== undefined) return verifyTlog(tlogProof, call);
  const decisionId = options['offline'] === true ? undefined : DecisionId.safeParse(what).data;
  if (decisionId !== undefined && options['url'] === undefined) {
    const damage = await verifyWholeLog(call);
    if (damage !== 0) return damage;
  }
  const proof = await findProof(what, decisionId, call);
  const pinned = requireKey(options, logIdIn(proof));
  if ((proof as { format?: unknown } | null)?.format === 'witan-bundle/1') {
    return verifyBundleFile(proof, pinned, call);
  }
  if (typeof options['out'] === 'string') writeFileSync(options['out'], `${JSON.stringify(proof)}\n`);
  const result = verifyDecisionProof(proof, pinned);
  terminal.json({ ...result, verdict: undefined, outcome: result.verdict?.outcome ?? null });
  return show(result, call);
}

/** Name of the log as a proof or a bundle states it, for a key that was given without one. */
function logIdIn(proof: unknown): string | undefined {
  const decision = EvidenceBundle.safeParse(proof).data?.decision ?? DecisionProof.safeParse(proof).data;
  return decision?.final.logId;
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
    line(`  ${inputLine(result)}`);
    if (result.aggregate !== null)
      line(`  aggregate of ${verdict!.ballots.length} seats' ballots: ${result.aggregate}`);
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

/** What was checked of the input: it may be sealed, or gone. */
function inputLine({ input, erasure }: DecisionVerification): string {
  if (input === 'disclosed') return 'input disclosed with the proof: it is what was decided on';
  if (input === 'sealed') return 'input sealed: the digests were taken as they were signed';
  if (input !== 'erased' || !erasure) return 'input recorded plain: it is what was decided on';
  const { destroyedAt, subjectTag } = erasure.certificate;
  const subject = `subject ${subjectTag.slice(0, 16)}…`;
  return `input erased (certificate ${erasure.erasureId} of ${destroyedAt}, ${subject})`;
}
