/** `witan responsibility`: who made, approved and oversaw a decision. */
import {
  responsibilityDot,
  responsibilityMermaid,
  responsibilityTree,
} from '../../../../contracts/accountability/render-graph.ts';
import type { ResponsibilityGraph } from '../../../../contracts/messages/accountability/graph.ts';
import type { CommandRun } from '../../command.ts';
import { nodeClient } from '../../running-node.ts';

/** `witan responsibility`. */
export async function responsibility(call: CommandRun): Promise<number> {
  const { terminal, options, args } = call;
  const path = `/api/v1/responsibility/${encodeURIComponent(args[0]!)}`;
  const graph = (await nodeClient(call).get(path)) as ResponsibilityGraph;
  terminal.json(graph);
  if (options['mermaid'] === true) terminal.line(responsibilityMermaid(graph));
  else if (options['dot'] === true) terminal.line(responsibilityDot(graph));
  else for (const line of responsibilityTree(graph)) terminal.line(line);
  return 0;
}
