/** Arguments and help of `witan evaluate`. */
import type { Command } from 'commander';
import type { Register } from '../command.ts';

/** Adds the command. */
export function addEvaluate(program: Command, register: Register): void {
  const command = program
    .command('evaluate')
    .description('send labelled sets through the whole council and print figures per source')
    .requiredOption(
      '--set <dir...>',
      'folders that hold data.jsonl[.gz] (text, label), or names below --data',
    )
    .option('--council <when>', 'always, or risk: the council sits only when risk is high', 'always')
    .option('--data <dir>', 'folder of the sets (default: WITAN_DATA)')
    .option('--origin <origin>', 'where texts came from if rows do not say: user, retrieved, tool …', 'user')
    .option('--limit <rows>', 'at most this many rows of each set')
    .option('--concurrency <count>', 'decisions open at once', '8')
    .option('--ablation', 'also print what mean only, + round 2 and + veto would have given')
    .addHelpText(
      'after',
      `
Examples:
  witan evaluate --set examples/sets/injection
  witan evaluate --data ../data --set xstest mitre_frr --limit 500 --ablation --json

Held rows are printed first and are never counted as correct. Label 1 must not pass, label 0 is harmless.

A row is judged as the conversation that it describes:
  text, label          one text of the user, or of --origin (bipia: --origin retrieved)
  system               the system message before it
  documents [...]      fetched texts, each a message of origin retrieved
  origin, or src       where text itself came from (src document, rag_chunk, tool_result … is retrieved)
  msg                  the user's turn that text, then the assistant's, answers
  ctx                  what text, then a claim, must be founded on`,
    );
  register(command, async () => (await import('../actions/evaluate.ts')).evaluate);
}
