/** `witan proof`: writes the proof of a decision or an entry to a file that anyone can check offline. */
import type { Command } from 'commander';
import { writeFileSync } from 'node:fs';
import { WitanError } from '../../../../contracts/errors.ts';
import { embedEntry } from '../../../../contracts/ledger/tlog/tlog-proof.ts';
import { DecisionId, readProofFromFolder, readTlogProofFromFolder } from '../../../../index.ts';
import type { TlogProofView } from '../../../../contracts/messages/audit/log-report.ts';
import type { CommandRun, Register } from '../../command.ts';
import { dataFolder, nodeClient } from '../../running-node.ts';

/** Adds the command. */
export function addProof(program: Command, register: Register): void {
  const command = program
    .command('proof')
    .description('write a proof that a decision or an entry is on the record')
    .argument('<id or index>', 'id of a decision, or index of an entry in the log')
    .option('--tlog-proof', 'in the form of C2SP tlog-proof, with the cosignatures of witnesses')
    .option('--embed', 'carry the entry inside the .tlog-proof (extra data)')
    .option('--entry-out <file>', 'also write the bytes of the entry')
    .option('--out <file>', 'file to write (default: standard output)')
    .option('--data-dir <folder>', 'folder that holds the log (default .witan); no node needs to run')
    .option('--url <url>', 'ask a running node instead of the files')
    .addHelpText(
      'after',
      `
Examples:
  witan proof d0123456789abcdef0123456789abcdef --out proof.json
  witan proof d0123456789abcdef0123456789abcdef --tlog-proof --embed --out verdict.tlog-proof
  witan proof 271 --tlog-proof --out entry.tlog-proof --entry-out entry.json

Check it with: witan verify FILE --key KEY`,
    );
  register(command, proof);
}

async function proof(call: CommandRun): Promise<number> {
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
