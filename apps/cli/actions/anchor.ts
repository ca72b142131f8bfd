/** `witan anchor`: how the log is anchored on chains, anchor now, receipts. */
import { writeFileSync } from 'node:fs';
import { WitanError } from '../../../contracts/errors.ts';
import type { AnchorChainStatus, AnchorStatus } from '../../../contracts/messages/anchor.ts';
import { DecisionId } from '../../../contracts/messages/ids.ts';
import type { CommandRun } from '../command.ts';
import { nodeClient } from '../running-node.ts';
import type { Terminal } from '../terminal.ts';

/** `witan anchor status`: what is anchored, what waits, what it cost today, and what is in the way. */
export async function status(call: CommandRun): Promise<number> {
  return show(await nodeClient(call).anchorStatus(), call);
}

/** `witan anchor now`: close a batch of what waits; it is sent next. */
export async function now(call: CommandRun): Promise<number> {
  return show(await nodeClient(call).anchorNow(), call);
}

/** `witan anchor receipt`: the receipt of the anchor that covers an entry; it is checked offline. */
export async function receipt(call: CommandRun): Promise<number> {
  const { terminal, options, args } = call;
  const [of = ''] = args;
  if (!DecisionId.safeParse(of).success && !/^\d{1,16}$/.test(of)) {
    const details = { path: 'id or index', expected: 'd and 32 hex digits, or a whole number' };
    throw new WitanError('invalid_argument', `${of} names no entry`, details);
  }
  const made = await nodeClient(call).anchorReceipt(of, options['chain'] as string | undefined);
  const out = options['out'] as string | undefined;
  if (out === undefined) {
    terminal.json(made);
    terminal.line(JSON.stringify(made, null, 2));
    return 0;
  }
  writeFileSync(out, `${JSON.stringify(made)}\n`);
  const { txHash, blockNumber, size, finality } = made;
  terminal.json({ out, txHash, blockNumber, size, finality });
  terminal.line(`${out}: first ${size} entries, block ${blockNumber} (${finality}), transaction ${txHash}`);
  return 0;
}

function show(status: AnchorStatus, { terminal }: CommandRun): number {
  terminal.json(status);
  for (const chain of status.chains) for (const line of describe(chain, terminal.paint)) terminal.line(line);
  return 0;
}

function describe(chain: AnchorChainStatus, paint: Terminal['paint']): string[] {
  const { name, chainId, contract, hold, breaker, lastError } = chain;
  const isWell = hold === null && breaker === 'closed' && lastError === null;
  const state = isWell ? paint('good', 'anchoring') : paint('warn', hold ?? `breaker ${breaker}`);
  const lines = [`${paint('mark', name)}  chain ${chainId ?? 'unknown'}, ${contract}: ${state}`];
  if (lastError) lines.push(`  ${paint('warn', lastError.code)}  ${lastError.message}`);
  for (const { origin, size, anchoredSize, finalSize, queuedSize } of chain.logs) {
    const waits = queuedSize === null ? '' : `, ${queuedSize} on its way`;
    lines.push(`  ${origin}  ${size} entries, ${anchoredSize} anchored, ${finalSize} final${waits}`);
  }
  for (const { nonce, state: at, txHash, blockNumber, signedCount } of chain.transactions.slice(-5)) {
    const block = blockNumber === null ? '' : `, block ${blockNumber}`;
    const raised = signedCount > 1 ? `, fee raised ${signedCount - 1} times` : '';
    lines.push(`  ${paint('soft', `nonce ${nonce}  ${at.padEnd(6)} ${txHash}${block}${raised}`)}`);
  }
  lines.push(`  today  ${gwei(chain.spentTodayWei)} of ${gwei(chain.dailyBudgetWei)} gwei`);
  return lines;
}

function gwei(wei: string): string {
  return (BigInt(wei) / 1_000_000_000n).toString();
}
