/** `docs/reference/cli.md`: the help of every command, as the command itself prints it. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pageHead } from './markdown.ts';

const ROOT = join(import.meta.dirname, '../..');

const LEAD = `Run it as \`npx witan …\` in the project, or \`witan …\` where the package is installed.
Every command takes \`--json\`: one JSON object a line on standard output. Commands that ask a node find
it by \`--url\`, else through \`node.json\` in the data folder, else at the configured port;
\`WITAN_API_KEY\` is sent when it is set. Exit codes are in [errors.md](errors.md).`;

/** Text of the page. Starts one process per command. */
export async function cliPage(): Promise<string> {
  const top = await help([]);
  const list = /\nCommands:\n([\s\S]*?)\n\n/.exec(top)?.[1] ?? '';
  const names = [...list.matchAll(/^ {2}(\S+)/gm)].map(([, name]) => name!).filter((name) => name !== 'help');
  if (names.length === 0) throw new Error('the help of witan lists no command');
  const texts = await Promise.all(names.map((name) => help([name])));
  const sections = names.map((name, index) => `## witan ${name}\n\n${block(texts[index]!)}`);
  return [pageHead('Command line', 'the commands in `apps/cli`', LEAD), block(top), ...sections].join('\n');
}

function block(text: string): string {
  return `\`\`\`text\n${text.trimEnd()}\n\`\`\`\n`;
}

/** From the sources, so that the page never shows an older build. */
function help(command: readonly string[]): Promise<string> {
  const args = ['--import', import.meta.resolve('tsx'), join(ROOT, 'apps/cli/main.ts'), ...command, '--help'];
  const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...process.env, NO_COLOR: '1' } });
  let out = '';
  let faults = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (faults += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => {
      if (exitCode === 0) resolve(out);
      else reject(new Error(`witan ${command.join(' ')} --help left with ${exitCode}: ${faults}`));
    });
  });
}
