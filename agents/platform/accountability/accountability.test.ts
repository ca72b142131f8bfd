import fc from 'fast-check';
import { assert, suite } from '../../../test/harness.ts';
import { decisionOf, deliberation, makeWorld } from '../../../test/orchestrator/fixture.ts';
import {
  responsibilityDot,
  responsibilityMermaid,
  responsibilityTree,
} from '../../../contracts/accountability/render-graph.ts';
import { reportMarkdown } from '../../../contracts/accountability/render-report.ts';
import type { OpenedPayload } from '../../../contracts/messages/session.ts';
import { digestOf, sha256 } from '../../../runtime/kernel/crypto/digest.ts';
import type { LedgerEntry } from '../../../runtime/kernel/ports/ledger.ts';
import { SimClock } from '../../../runtime/kernel/sim/sim-clock.ts';
import { makeFinal } from '../orchestrator/record/verdict-maker.ts';
import { decisionFacts } from './decision-facts.ts';
import { responsibilityGraph } from './graph/responsibility-graph.ts';
import { contributingFactors } from './investigation/factors.ts';
import { eventEntry, investigationOf } from './investigation/investigation-events.ts';
import { reportOf } from './investigation/report.ts';

const test = suite('accountability');

/** Entries of a held decision that a person then overrode. */
async function heldDecision(): Promise<LedgerEntry[]> {
  const clock = new SimClock();
  const { ledger, keys, terms } = makeWorld(clock);
  const decision = decisionOf({ type: 'chat', subjects: ['p1', 'p2'] }, 'acme', 'a1');
  const frozen = terms(decision);
  const { decisionId } = decision;
  const opened: OpenedPayload = {
    terms: frozen,
    sessionDigest: digestOf(frozen),
    request: decision.request,
    statedRisk: null,
    submittedBy: 'key:0123',
    openedAt: new Date(clock.wallMs()).toISOString(),
    deadlineMs: 5_000,
    retryOf: null,
  };
  await ledger.append({ kind: 'opened', tenant: 'acme', decisionId, payload: opened });
  clock.advance(4_500);
  const { sessionDigest } = opened;
  const council = deliberation(
    { type: 'deliberate', terms: frozen, sessionDigest, decision, attested: {}, budgetMs: 1 },
    keys,
    { outcome: 'held', heldReason: 'veto', code: 'privacy.email' },
  );
  const steps = [
    {
      step: 'checks',
      result: 'high',
      by: 'safety',
      risk: 'high',
      codes: ['check.safety.late'],
      elapsedMs: 1,
    },
  ];
  const end = { ...council, decidedBy: 'council', risk: 'high', steps, codes: [] };
  const subject = { ...frozen, sessionDigest, audience: null, attempts: 2 };
  const payload = makeFinal(subject, end as never, { clock, keys, validForMs: 1_000 });
  await ledger.append({ kind: 'final', tenant: 'acme', decisionId, payload });
  const at = new Date(clock.wallMs()).toISOString();
  const word = { finalIndex: 1, action: 'override', by: 'user:bo', reason: 'seen | it', at };
  await ledger.append({ kind: 'resolution', tenant: 'acme', decisionId, payload: word });
  const notice = { notice: 'ballot-refused', seat: 'truth', round: 1, ballot: null, reason: 'forged' };
  await ledger.append({ kind: 'event', tenant: 'acme', decisionId, payload: notice });
  const entries: LedgerEntry[] = [];
  for await (const entry of ledger.read(0)) entries.push(entry);
  return entries;
}

test('the graph says who asked, who owns the key, who voted, who overrode, and counts persons without names', async () => {
  const facts = decisionFacts(await heldDecision())!;
  const owners = new Map([['key:0123', { label: 'shop', createdBy: 'user:ann' }]]);
  const graph = responsibilityGraph(facts, owners);
  const from = (relation: string): string[] =>
    graph.edges.filter((edge) => edge.relation === relation).map((edge) => edge.from);
  assert.equal(
    [graph.outcome, from('submitted'), from('owns')],
    ['held', ['service:key:0123'], ['human:user:ann']],
  );
  assert.equal([from('overrode'), from('oversees')], [['human:user:bo'], ['human:user:bo']]);
  assert.equal(from('advised'), ['seat:truth']);
  const affected = graph.nodes.find(({ kind }) => kind === 'subject')!;
  assert.equal([affected.label, affected.facts['count']], ['2 persons', 2]);
  assert.not.match(JSON.stringify(graph), '"p1"');
  const ids = new Set(graph.nodes.map(({ id }) => id));
  assert.is(ids.size, graph.nodes.length);
  assert.ok(graph.edges.every((edge) => ids.has(edge.from) && ids.has(edge.to)));
  assert.match(responsibilityTree(graph).join('\n'), 'made by user:ann');
  assert.match(responsibilityMermaid(graph), '-->|overrode|');
  assert.match(responsibilityDot(graph), 'digraph');
});

test('property: the order of the entries changes nothing', async () => {
  const entries = await heldDecision();
  const wanted = responsibilityGraph(decisionFacts(entries)!);
  fc.assert(
    fc.property(fc.shuffledSubarray(entries, { minLength: entries.length }), (shuffled) => {
      assert.equal(responsibilityGraph(decisionFacts(shuffled)!), wanted);
    }),
    { numRuns: 20 },
  );
});

test('an open decision has a graph; entries that open none have none', async () => {
  const entries = await heldDecision();
  const graph = responsibilityGraph(decisionFacts(entries.slice(0, 1))!);
  assert.is(graph.outcome, 'open');
  assert.ok(graph.oversight.includes('Nothing is decided yet.'));
  assert.is(decisionFacts(entries.slice(1)), undefined);
});

test('factors: each rule finds what was put there and rests on entries', async () => {
  const factors = contributingFactors([decisionFacts(await heldDecision())!]);
  const rules = new Set(factors.map(({ rule }) => rule));
  for (const rule of [
    'override',
    'held',
    'degraded-checks',
    'deadline-pressure',
    'uncounted-ballots',
    'earlier-attempts',
  ]) {
    assert.ok(rules.has(rule), `${rule} in ${[...rules].join()}`);
  }
  assert.ok(factors.every(({ records, reason }) => records.length > 0 && reason.length > 0));
});

test('an investigation is what its entries say, and entries of others change nothing', () => {
  const id = `i${'0'.repeat(32)}`;
  const stamp = (by: string, tenant = 'acme'): Parameters<typeof eventEntry>[1] => ({
    id,
    tenant,
    by,
    at: '2026-01-01T00:00:00.000Z',
  });
  const decisions = [`d${'1'.repeat(32)}`] as never;
  const opened = eventEntry({ event: 'investigation-opened', decisions, reason: 'why' }, stamp('user:a'));
  const note = eventEntry({ event: 'investigation-note', text: 'seen' }, stamp('user:b'));
  const foreign = eventEntry({ event: 'investigation-closed', conclusion: 'no' }, stamp('user:c', 'beta'));
  const closed = eventEntry({ event: 'investigation-closed', conclusion: 'done' }, stamp('user:a'));
  const at = (...entries: (typeof opened)[]): ReturnType<typeof investigationOf> =>
    investigationOf(id, entries);
  assert.is(at(note), undefined);
  assert.is(at(opened, note, foreign)!.investigation.state, 'open');
  const { investigation } = at(opened, note, closed)!;
  assert.equal(
    [investigation.state, investigation.conclusion, investigation.notes.length],
    ['closed', 'done', 1],
  );
  assert.is(investigationOf(`i${'1'.repeat(32)}`, [opened]), undefined);
});

test('the report is the same for the same entries, and its Markdown lets nobody out of a cell', async () => {
  const about = await heldDecision();
  const decision = about[0]!.decisionId!;
  const reason = 'a | b\n# [x](javascript:1) <img>';
  const opened = eventEntry(
    { event: 'investigation-opened', decisions: [decision], reason },
    { id: `i${'0'.repeat(32)}`, tenant: 'acme', by: 'user:a', at: '2026-01-01T00:00:00.000Z' },
  );
  const { investigation } = investigationOf(`i${'0'.repeat(32)}`, [opened])!;
  const parts = { investigation, logName: 'witan/test', size: 4, sha256, about, around: [] };
  const report = reportOf(parts);
  assert.equal(reportOf(parts), report);
  assert.equal(
    report.timeline.map(({ action_type }) => action_type),
    ['decision.opened', 'decision.final', 'decision.resolution', 'ballot.refused'],
  );
  const text = reportMarkdown(report);
  assert.not.match(text, /(?<!\\)<img|\n# \[|(?<!\\)\]\(javascript/);
  assert.match(text, 'seen \\| it');
});
