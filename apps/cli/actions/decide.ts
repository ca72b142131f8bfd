/** `witan decide`: submits decisions, shows the deliberation, checks what was recorded. */
import { createReadStream } from 'node:fs';
import { WitanError } from '../../../contracts/errors.ts';
import { DECISION_LIMITS } from '../../../contracts/messages/decision.ts';
import type { Verdict } from '../../../contracts/messages/verdict.ts';
import { verifyDecisionProof } from '../../../index.ts';
import { DeliberationView, OUTCOME_EXIT_CODES } from '../deliberation-view.ts';
import { LocalNode } from '../local-node.ts';
import type { CommandRun } from '../command.ts';
import type { NodeHandle } from '../node-handle.ts';
import { nodeClient, pinnedKey } from '../running-node.ts';
import { reportError } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';

/** `witan decide`: submit decisions and watch the council deliberate. */
export async function decide(call: CommandRun): Promise<number> {
  const { terminal, options, args } = call;
  const node: NodeHandle =
    options['local'] === true ? await LocalNode.start({}, terminal.signal) : nodeClient(call);
  const codes: number[] = [];
  try {
    for (const file of args) {
      try {
        codes.push(await decideOne(file, node, call));
      } catch (error) {
        if (args.length > 1) terminal.note(`${file}:`);
        codes.push(reportError(terminal, error));
        if (terminal.signal.aborted) break;
      }
      terminal.line();
    }
  } finally {
    await node.close();
  }
  return gravest(codes);
}

/** Errors first, then rejected, then held. */
function gravest(codes: readonly number[]): number {
  const failure = codes.find((code) => code !== 0 && code !== 5 && code !== 6);
  return failure ?? (codes.includes(5) ? 5 : codes.includes(6) ? 6 : 0);
}

async function decideOne(file: string, node: NodeHandle, { terminal, options }: CommandRun): Promise<number> {
  const decisionId = await node.submit(await readBody(file));
  const verdict = await showDeliberation(decisionId, node, terminal);
  await showVerification(decisionId, node, { terminal, options });
  return OUTCOME_EXIT_CODES[verdict.body.outcome];
}

/** Shows events until the verdict is there. */
async function showDeliberation(decisionId: string, node: NodeHandle, terminal: Terminal): Promise<Verdict> {
  const view = new DeliberationView(terminal);
  for await (const followed of node.follow(decisionId)) {
    if (terminal.signal.aborted)
      throw new WitanError('cancelled', `given up; the decision ${decisionId} goes on`);
    if (followed.kind === 'event') {
      terminal.json(followed.event);
      view.show(followed.event);
      if (followed.event.type === 'final') return followed.event.verdict;
    } else if (followed.kind === 'gap') terminal.note('  some events were missed');
    else if (followed.kind === 'reconnecting')
      terminal.note(`  connection lost; trying again (${followed.attempt})`);
    else if (followed.view.verdict) break;
  }
  const { verdict } = await node.readDecision(decisionId);
  if (!verdict)
    throw new WitanError('unavailable', `the decision ${decisionId} has no verdict yet: read it again by id`);
  terminal.json({ type: 'final', decisionId, verdict });
  view.verdict(verdict);
  return verdict;
}

async function showVerification(
  decisionId: string,
  node: NodeHandle,
  { terminal, options }: Pick<CommandRun, 'terminal' | 'options'>,
): Promise<void> {
  const proof = await node.proof(decisionId);
  const pinned = node.ownKey() ?? pinnedKey(options, proof.final.logId);
  const { line, paint } = terminal;
  if (!pinned) {
    terminal.json({ type: 'verification', decisionId, ok: null, reason: 'no pinned key' });
    return line(`  ${paint('warn', 'not verified')}: no key is pinned; name one with --key`);
  }
  const result = verifyDecisionProof(proof, pinned);
  terminal.json({ type: 'verification', decisionId, ok: result.ok, mismatch: result.mismatch });
  if (!result.ok) {
    const { record, field, expected, actual } = result.mismatch!;
    throw new WitanError('verification_failed', `${record}: ${field} does not match`, {
      path: field,
      expected,
      actual,
    });
  }
  line(
    `  ${paint('good', 'verified')} under ${pinned.publicKeys[0]!.slice(0, 16)}…: ` +
      `${result.checked.length} checks, log of ${proof.final.checkpoint.size} records`,
  );
}

async function readBody(file: string): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of file === '-' ? process.stdin : createReadStream(file)) {
      chunks.push(chunk as Buffer);
      length += (chunk as Buffer).length;
      if (length > DECISION_LIMITS.bodyBytes) {
        throw new WitanError('too_large', `${file} is too large`, {
          expected: `at most ${DECISION_LIMITS.bodyBytes} bytes`,
        });
      }
    }
  } catch (error) {
    if (error instanceof WitanError) throw error;
    throw new WitanError('not_found', `${file} cannot be read: ${(error as Error).message}`, {}, error);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
