/** `witan responsibility`: who made, approved and oversaw a decision. */
import type { Command } from 'commander';
import {
  responsibilityDot,
  responsibilityMermaid,
  responsibilityTree,
} from '../../../../contracts/accountability/render-graph.ts';
import type { ResponsibilityGraph } from '../../../../contracts/messages/accountability/graph.ts';
import type { CommandRun, Register } from '../../command.ts';
import { nodeClient } from '../../running-node.ts';

/** Adds the command. */
export function addResponsibility(program: Command, register: Register): void {
  const command = program
    .command('responsibility')
    .description('who made, approved and oversaw a decision, by which rules, and whom it affects')
    .argument('<id>', 'id of a decision')
    .option('--mermaid', 'as a Mermaid flowchart')
    .option('--dot', 'as a graph of Graphviz')
    .option('--url <url>', 'node to ask')
    .option('--data-dir <folder>', "folder of the node's files (default .witan)")
    .addHelpText(
      'after',
      '\nExamples:\n  witan responsibility d0123456789abcdef0123456789abcdef' +
        '\n  witan responsibility d0123456789abcdef0123456789abcdef --mermaid > who.mmd',
    );
  register(command, responsibility);
}

async function responsibility(call: CommandRun): Promise<number> {
  const { terminal, options, args } = call;
  const path = `/api/v1/responsibility/${encodeURIComponent(args[0]!)}`;
  const graph = (await nodeClient(call).get(path)) as ResponsibilityGraph;
  terminal.json(graph);
  if (options['mermaid'] === true) terminal.line(responsibilityMermaid(graph));
  else if (options['dot'] === true) terminal.line(responsibilityDot(graph));
  else for (const line of responsibilityTree(graph)) terminal.line(line);
  return 0;
}
