/** `docs/reference/cli.md`: the help of every command, as the command itself prints it. */
import type { Command } from 'commander';
import { witanProgram } from '../../apps/cli/program.ts';
import { pageHead } from './markdown.ts';

const LEAD = `Run it as \`npx witan …\` in the project, or \`witan …\` where the package is installed.
Every command takes \`--json\`: one JSON object a line on standard output. Commands that ask a node find
it by \`--url\`, else through \`node.json\` in the data folder, else at the configured port;
\`WITAN_API_KEY\` is sent when it is set. Exit codes are in [errors.md](errors.md).`;

/** Text of the page. */
export function cliPage(): string {
  const program = witanProgram();
  const sections = program.commands.map((command) => {
    return `## witan ${command.name()}\n\n${block(helpOf(command))}`;
  });
  const head = pageHead('Command line', 'the commands in `apps/cli`', LEAD);
  return [head, block(helpOf(program)), ...sections].join('\n');
}

function block(text: string): string {
  return `\`\`\`text\n${text.trimEnd()}\n\`\`\`\n`;
}

/** As it is printed where output is no terminal. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => void (text += part),
    getOutHelpWidth: () => 80,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text;
}
