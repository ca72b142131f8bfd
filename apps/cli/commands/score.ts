/** Arguments and help of `witan score`. */
import type { Command } from 'commander';
import type { Register } from '../command.ts';

/** Adds the command. */
export function addScore(program: Command, register: Register): void {
  const command = program
    .command('score')
    .description('judge rows of JSON with one detector: a line in, a line out')
    .requiredOption(
      '--detector <id>',
      'injection, indirect-injection, toxicity, bias, crisis, pii or grounding',
    )
    .option('--origin <origin>', 'who said it if a row does not: user, system, assistant, tool, retrieved')
    .addHelpText(
      'after',
      `
Examples:
  witan score --detector injection < rows.jsonl
  witan score --detector indirect-injection --origin tool < pages.jsonl
  echo '{"text":"She won in 1998.","evidence":"She won in 1989."}' | witan score --detector grounding

A row is an object with text, and may have
  label        0 or 1, given back as it stands
  origin       who said it
  evidence     what the text must rest on (grounding)
  messages     the conversation so far: [{"origin" or "role", "text" or "content"}]

Each row gives one line, always JSON, in the same order:
  {"i":0,"label":1,"score":0.97,"decision":"harm","confidence":0.98,"spans":[…],"ms":0.31}
A row that cannot be judged gives {"i", "line", "error"} in its place; the command then ends with 2.`,
    );
  register(command, async () => (await import('../actions/score/score.ts')).score);
}
