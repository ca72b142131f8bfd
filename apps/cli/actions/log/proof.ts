/** `witan proof`: writes the proof of a decision or an entry to a file that anyone can check offline. */
import { writeFileSync } from 'node:fs';
import { WitanError } from '../../../../contracts/errors.ts';
import { embedEntry } from '../../../../contracts/ledger/tlog/tlog-proof.ts';
import { DecisionId } from '../../../../contracts/messages/ids.ts';
import { readProofFromFolder, readTlogProofFromFolder } from '../../../../index.ts';
import type { TlogProofView } from '../../../../contracts/messages/audit/log-report.ts';
import type { CommandRun } from '../../command.ts';
import { dataFolder, nodeClient } from '../../running-node.ts';

/** `witan proof`: write a proof that a decision or an entry is on the record. */
export async function proof(call: CommandRun): Promise<number> {
  const { options, args } = call;
  const what = whatOf(args[0] ?? '');
  if (options['tlogProof'] !== true) return decisionProof(what, call);
  const found =
    typeof options['url'] === 'string'
      ? await nodeClient(call).tlogProof(what)
      : await readTlogProofFromFolder(dataFolder(options), what);
  const text = options['embed'] === true ? embedEntry(found.proof, found.entry) : found.proof;
  if (typeof options['entryOut'] === 'string') writeFileSync(options['entryOut'], found.entry);
  return give(text, { ...found, proof: text }, call);
}

async function decisionProof(what: DecisionId | number, call: CommandRun): Promise<number> {
  if (typeof what === 'number') {
    const details = { path: '--tlog-proof', expected: '--tlog-proof together with an index' };
    throw new WitanError('invalid_argument', 'the proof of one entry has the form of tlog-proof', details);
  }
  const bundle =
    typeof call.options['url'] === 'string'
      ? await nodeClient(call).proof(what)
      : await readProofFromFolder(dataFolder(call.options), what);
  return give(`${JSON.stringify(bundle)}\n`, bundle, call);
}

function give(text: string, value: TlogProofView | object, { options, terminal }: CommandRun): number {
  const { out } = options as { out?: string };
  if (out !== undefined) {
    writeFileSync(out, text);
    terminal.json({ file: out });
    terminal.line(`${out}: check it with witan verify ${out}`);
    return 0;
  }
  terminal.json(value);
  terminal.line(text.trimEnd());
  return 0;
}

function whatOf(text: string): DecisionId | number {
  const id = DecisionId.safeParse(text).data;
  if (id !== undefined) return id;
  if (/^(0|[1-9][0-9]{0,14})$/.test(text)) return Number(text);
  const details = { path: '<id or index>', expected: 'd and 32 hex digits, or a whole number' };
  throw new WitanError('invalid_argument', `${text} is neither the id of a decision nor an index`, details);
}
