/** A graph of responsibility as text: a tree for terminals, Mermaid for documents, DOT for Graphviz. */
import type {
  ResponsibilityEdge,
  ResponsibilityGraph,
  ResponsibilityNode,
} from '../messages/accountability/graph.ts';

/** Heading of the tree, and the relations below it. */
type Section = readonly [title: string, relations: readonly ResponsibilityEdge['relation'][]];

const SECTIONS: readonly Section[] = [
  ['submitted by', ['submitted']],
  ['decided by', ['decided']],
  ['for', ['voted-for']],
  ['against', ['voted-against', 'vetoed']],
  ['no voice', ['abstained', 'absent-from']],
  ['informed by', ['informed', 'advised']],
  ['rules', ['applied-to']],
  ['data', ['used-by']],
  ['reviewed by', ['approved', 'rejected', 'overrode']],
];

/** Lines of a tree; what acts on the decision stands below a heading each. */
export function responsibilityTree(graph: ResponsibilityGraph): string[] {
  const decision = `decision:${graph.decision_id}`;
  const lines = [`${graph.decision_id}: ${graph.outcome}`];
  const label = labels(graph);
  for (const [title, relations] of SECTIONS) {
    const edges = graph.edges.filter(({ to, relation }) => to === decision && relations.includes(relation));
    if (edges.length === 0) continue;
    lines.push(`├─ ${title}`);
    for (const edge of edges) {
      lines.push(`│  ├─ ${label(edge.from)}${factsOf(edge)}${placeOf(edge)}`);
      for (const below of graph.edges.filter(({ to, relation }) => to === edge.from && relation === 'owns')) {
        lines.push(`│  │  └─ made by ${label(below.from)}`);
      }
    }
  }
  const affected = graph.edges.filter(({ from, relation }) => from === decision && relation === 'affects');
  for (const { to } of affected) lines.push(`├─ affects ${label(to)}`);
  lines.push('└─ oversight', ...graph.oversight.map((sentence) => `   • ${sentence}`));
  return lines;
}

/** Mermaid flowchart. */
export function responsibilityMermaid(graph: ResponsibilityGraph): string {
  const ids = new Map(graph.nodes.map(({ id }, at) => [id, `n${at}`]));
  const nodes = graph.nodes.map(
    ({ id, label, kind }) => `  ${ids.get(id)}["${plain(label)}<br/><i>${kind}</i>"]`,
  );
  const edges = graph.edges.map(
    ({ from, to, relation }) => `  ${ids.get(from)} -->|${relation}| ${ids.get(to)}`,
  );
  return ['flowchart LR', ...nodes, ...edges, ''].join('\n');
}

/** Directed graph in the language of Graphviz. */
export function responsibilityDot(graph: ResponsibilityGraph): string {
  const name = (id: string): string => JSON.stringify(id);
  const nodes = graph.nodes.map(({ id, label }) => `  ${name(id)} [label=${JSON.stringify(label)}];`);
  const edges = graph.edges.map(
    ({ from, to, relation }) => `  ${name(from)} -> ${name(to)} [label=${JSON.stringify(relation)}];`,
  );
  return ['digraph responsibility {', '  rankdir=LR;', ...nodes, ...edges, '}', ''].join('\n');
}

function labels({ nodes }: ResponsibilityGraph): (id: string) => string {
  const byId = new Map<string, ResponsibilityNode>(nodes.map((node) => [node.id, node]));
  return (id) => byId.get(id)?.label ?? id;
}

function factsOf({ facts, relation }: ResponsibilityEdge): string {
  const { score_bp: score, confidence_bp: confidence, code, result, role, reason } = facts;
  const said = [
    relation === 'vetoed' ? `veto ${String(code)}` : '',
    typeof score === 'number' ? `score ${percent(score)}` : '',
    typeof confidence === 'number' ? `confidence ${percent(confidence)}` : '',
    typeof result === 'string' ? result : '',
    typeof role === 'string' ? role : '',
    typeof reason === 'string' ? reason : '',
  ].filter((text) => text !== '');
  return said.length === 0 ? '' : ` (${said.join(', ')})`;
}

function placeOf({ record }: ResponsibilityEdge): string {
  return record === null ? '' : ` #${record}`;
}

function percent(bp: number): string {
  return `${Math.round(bp / 100)} %`;
}

/** Text within a label of Mermaid. */
function plain(text: string): string {
  return text.replaceAll(/["<>&#\n]/g, (sign) => `#${sign.codePointAt(0)};`);
}
