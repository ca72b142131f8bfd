/** Who made, approved and oversaw a decision, by which rules, on what data, and whom it affects (ACC-04). */
import { actorOf, fieldsOf } from '../../../../contracts/ledger/audit/described-entry.ts';
import { describeEntry } from '../../../../contracts/ledger/audit/audit-entry.ts';
import type {
  ResponsibilityEdge,
  ResponsibilityGraph,
  ResponsibilityKind,
} from '../../../../contracts/messages/accountability/graph.ts';
import { ballotVote } from '../../../../contracts/messages/ballot.ts';
import type { FinalPayload } from '../../../../contracts/messages/final.ts';
import type { DecisionFacts } from '../decision-facts.ts';
import { GraphBuilder } from './graph-builder.ts';
import { oversightOf } from './oversight.ts';

/** Whose an API key is; what the gate knows of it. */
export interface KeyOwner {
  readonly label: string;
  readonly createdBy: string;
}

const VOTES = { approve: 'voted-for', reject: 'voted-against', 'not-applicable': 'abstained' } as const;
const WORDS = { approve: 'approved', reject: 'rejected', override: 'overrode' } as const;

/**
 * Graph of one decision. Pure: the same facts give the same graph, nodes and edges in the order of the log.
 *
 * @param keyOwners owners of API keys by id of their principal (`key:…`)
 */
export function responsibilityGraph(
  facts: DecisionFacts,
  keyOwners: ReadonlyMap<string, KeyOwner> = new Map(),
): ResponsibilityGraph {
  const graph = new GraphBuilder();
  const decision = `decision:${facts.decisionId}`;
  const body = facts.final?.payload.body;
  graph.node('decision', facts.decisionId, `decision ${facts.decisionId.slice(0, 9)}`, {
    outcome: body?.outcome ?? 'open',
    held_reason: body?.heldReason ?? null,
    risk: body?.risk ?? null,
    decision_digest: facts.opened.payload.terms.decisionDigest,
  });
  addCaller(graph, facts, { decision, keyOwners });
  addRules(graph, facts, decision);
  addData(graph, facts, decision);
  if (facts.final) addVerdict(graph, facts.final.payload, { decision, record: facts.final.index });
  addNotices(graph, facts, decision);
  addReview(graph, facts, decision);
  const { nodes, edges } = graph;
  return {
    format: 'witan-responsibility/1',
    decision_id: facts.decisionId,
    outcome: body?.outcome ?? 'open',
    nodes,
    edges,
    oversight: oversightOf(facts),
  };
}

function addCaller(
  graph: GraphBuilder,
  { opened, decisionId }: DecisionFacts,
  { decision, keyOwners }: { decision: string; keyOwners: ReadonlyMap<string, KeyOwner> },
): void {
  const { submittedBy, retryOf, request } = opened.payload;
  const { index } = opened;
  const who = graph.node(partyKind(submittedBy), submittedBy, submittedBy, {});
  graph.edge({ from: who, relation: 'submitted', to: decision, record: index });
  const owner = keyOwners.get(submittedBy);
  if (owner) {
    const id = graph.node(partyKind(owner.createdBy), owner.createdBy, owner.createdBy, {});
    graph.edge({ from: id, relation: 'owns', to: who, facts: { label: owner.label }, record: null });
  }
  if (retryOf !== null && retryOf !== decisionId) {
    const earlier = graph.node('decision', retryOf, `decision ${retryOf.slice(0, 9)}`, {});
    graph.edge({ from: decision, relation: 'another-attempt-at', to: earlier, record: index });
  }
  const { subjects } = fieldsOf(request);
  const count = Array.isArray(subjects) ? subjects.length : 0;
  // Persons are counted, never named: the graph is shown to more people than the input is.
  const label = count === 0 ? 'whoever it is about' : count === 1 ? 'one person' : `${count} persons`;
  const affected = graph.node('subject', 'affected', label, { count, named: count > 0 });
  graph.edge({ from: decision, relation: 'affects', to: affected, record: index });
}

function addRules(graph: GraphBuilder, { opened }: DecisionFacts, decision: string): void {
  const { policyRevision, constitutionHash, thresholdBp, quorumBp } = opened.payload.terms;
  const { index: record } = opened;
  const policy = graph.node('policy', `policy@${policyRevision}`, `policy ${short(policyRevision)}`, {
    revision: policyRevision,
    constitution_hash: constitutionHash,
  });
  graph.edge({ from: policy, relation: 'applied-to', to: decision, record });
  const rule = graph.node('policy', 'tally', 'rule of the tally', {
    threshold_bp: thresholdBp,
    quorum_bp: quorumBp,
  });
  graph.edge({ from: rule, relation: 'applied-to', to: decision, record });
}

function addData(graph: GraphBuilder, { data }: DecisionFacts, decision: string): void {
  for (const { digest, role, name, index } of data) {
    const datum = graph.node('datum', digest, name ?? `${role} ${short(digest)}`, { digest });
    graph.edge({ from: datum, relation: 'used-by', to: decision, facts: { role }, record: index });
  }
}

function addVerdict(
  graph: GraphBuilder,
  { body, ballots, keyId }: FinalPayload,
  { decision, record }: { decision: string; record: number },
): void {
  for (const { step, by, result, codes } of body.steps) {
    if (step === 'record' || step === 'council') continue;
    const kind = step === 'policy' ? 'policy' : 'check';
    const id = graph.node(kind, by, by.startsWith('policy@') ? `policy ${short(by.slice(7))}` : by, {});
    const relation = body.decidedBy === step ? 'decided' : 'informed';
    graph.edge({ from: id, relation, to: decision, facts: { result, codes }, record });
  }
  for (const ballot of ballots) addBallot(graph, ballot, { decision, record });
  for (const seat of body.tally?.absent ?? []) {
    const id = graph.node('seat', seat, seat, {});
    graph.edge({ from: id, relation: 'absent-from', to: decision, record });
  }
  if (body.decidedBy !== 'council' && body.decidedBy !== 'human') return;
  const council = graph.node('oversight', body.decidedBy, body.decidedBy, { verdict_key: keyId });
  const tally: ResponsibilityEdge['facts'] = body.tally
    ? { value_bp: body.tally.valueBp, threshold_bp: body.tally.thresholdBp }
    : {};
  graph.edge({ from: council, relation: 'decided', to: decision, facts: tally, record });
}

function addBallot(
  graph: GraphBuilder,
  { body, evidence, keyId }: FinalPayload['ballots'][number],
  { decision, record }: { decision: string; record: number },
): void {
  const seat = graph.node('seat', body.seat, body.seat, { key: keyId, calibration: body.calibration });
  const { scoreBp, confidenceBp, round, veto } = body;
  const codes = [...new Set(evidence.filter(({ code }) => code !== 'none').map(({ code }) => code))];
  const facts = { score_bp: scoreBp, confidence_bp: confidenceBp, round, codes };
  graph.edge({ from: seat, relation: VOTES[ballotVote(body)], to: decision, facts, record });
  if (veto !== null)
    graph.edge({ from: seat, relation: 'vetoed', to: decision, facts: { code: veto }, record });
  for (const evaluator of body.evaluators) {
    const family = evidence.find((one) => one.evaluator.split('#')[0] === evaluator.split('#')[0])?.family;
    const id = graph.node('evaluator', evaluator, evaluator.split('#')[0]!, family ? { family } : {});
    graph.edge({ from: id, relation: 'informed', to: seat, record });
  }
}

function addNotices(graph: GraphBuilder, { notices }: DecisionFacts, decision: string): void {
  for (const entry of notices) {
    const { actor, action, output } = describeEntry(entry);
    const seat = graph.node('seat', actor.id, actor.id, {});
    const facts = { ballot: action, counted: false, ...fieldsOf(output) } as ResponsibilityEdge['facts'];
    graph.edge({ from: seat, relation: 'advised', to: decision, facts, record: entry.index });
  }
}

function addReview(graph: GraphBuilder, { resolutions }: DecisionFacts, decision: string): void {
  for (const { payload, index } of resolutions) {
    const person = graph.node('human', payload.by, payload.by, {});
    const facts = { reason: payload.reason, at: payload.at };
    graph.edge({ from: person, relation: WORDS[payload.action], to: decision, facts, record: index });
    graph.edge({ from: person, relation: 'oversees', to: decision, record: index });
  }
}

function partyKind(id: string): ResponsibilityKind {
  return actorOf(id).type === 'human' ? 'human' : 'service';
}

function short(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}
