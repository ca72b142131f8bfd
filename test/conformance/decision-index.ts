/** What every index of decisions must do: fed by entries of a real log. */
import { makeFinal } from '../../agents/platform/orchestrator/record/verdict-maker.ts';
import type { PathEnd } from '../../agents/platform/orchestrator/path/decision-path.ts';
import type { DeliberationResult } from '../../contracts/messages/council.ts';
import { SeatId } from '../../contracts/messages/ids.ts';
import type { OpenedPayload } from '../../contracts/messages/session.ts';
import { digestOf } from '../../runtime/kernel/crypto/digest.ts';
import type { DecisionIndexPort } from '../../runtime/kernel/ports/decision/decision-index.ts';
import type { LedgerEntry } from '../../runtime/kernel/ports/ledger.ts';
import { SimClock } from '../../runtime/kernel/sim/sim-clock.ts';
import { assert, suite } from '../harness.ts';
import { decisionOf, deliberation, makeWorld } from '../orchestrator/fixture.ts';
import { assertFails, collect, withPort } from './fixture.ts';
import type { MakePort } from './fixture.ts';

/**
 * A log with decisions: `a1` approved by the council, `a2` held, `a3` open, all of acme; `b1` of another
 * tenant.
 */
async function makeLog(): Promise<{
  entries: LedgerEntry[];
  ids: Record<'a1' | 'a2' | 'a3' | 'b1', string>;
}> {
  const clock = new SimClock();
  const { ledger, keys, terms } = makeWorld(clock);
  const open = async (key: string, tenant: string, type: string): Promise<OpenedPayload> => {
    const decision = decisionOf({ type }, tenant, key);
    const frozen = terms(decision);
    const payload: OpenedPayload = {
      terms: frozen,
      sessionDigest: digestOf(frozen),
      request: decision.request,
      statedRisk: null,
      submittedBy: 'user:ann',
      openedAt: new Date(clock.wallMs()).toISOString(),
      deadlineMs: 5_000,
      retryOf: null,
    };
    await ledger.append({ kind: 'opened', tenant, decisionId: decision.decisionId, payload });
    clock.advance(1_000);
    return payload;
  };
  const end = async (
    payload: OpenedPayload,
    result: Pick<DeliberationResult, 'outcome' | 'heldReason'>,
  ): Promise<void> => {
    const { terms: frozen, sessionDigest, request } = payload;
    const decision = {
      ...decisionOf({}, frozen.tenant),
      decisionId: frozen.decisionId,
      digest: frozen.decisionDigest,
      request,
    };
    const council = deliberation(
      { type: 'deliberate', terms: frozen, sessionDigest, decision, attested: {}, budgetMs: 1 },
      keys,
      { ...result, code: 'privacy.email' },
    );
    const ballots = council.ballots.slice(1);
    const tally = { ...council.tally, absent: [SeatId.parse('guardian')] };
    const done: PathEnd = {
      ...council,
      ballots,
      tally,
      decidedBy: 'council',
      risk: 'high',
      steps: [],
      codes: [],
    };
    const subject = { ...frozen, sessionDigest, audience: null, attempts: 0 };
    const final = makeFinal(subject, done, { clock, keys, validForMs: 1_000 });
    await ledger.append({
      kind: 'final',
      tenant: frozen.tenant,
      decisionId: frozen.decisionId,
      payload: final,
    });
    clock.advance(1_000);
  };
  const a1 = await open('a1', 'acme', 'chat');
  const b1 = await open('b1', 'beta', 'chat');
  await end(a1, { outcome: 'approved', heldReason: null });
  await ledger.append({ kind: 'event', tenant: 'acme', payload: { anything: true } });
  const a2 = await open('a2', 'acme', 'loan');
  await end(b1, { outcome: 'rejected', heldReason: null });
  await end(a2, { outcome: 'held', heldReason: 'veto' });
  const a3 = await open('a3', 'acme', 'chat');
  await ledger.append({
    kind: 'resolution',
    tenant: 'acme',
    decisionId: a2.terms.decisionId,
    payload: {
      finalIndex: 6,
      action: 'approve',
      by: 'user:bo',
      reason: 'seen',
      at: new Date(clock.wallMs()).toISOString(),
    },
  });
  const ids = {
    a1: a1.terms.decisionId,
    a2: a2.terms.decisionId,
    a3: a3.terms.decisionId,
    b1: b1.terms.decisionId,
  };
  return { entries: await collect(ledger.read(0)), ids };
}

const log = makeLog();

/** Declares the suite for one implementation. */
export function decisionIndexConformance(name: string, makePort: MakePort<DecisionIndexPort>): void {
  const test = suite(`decision index conformance: ${name}`, { limitMs: 20_000 });
  const check = (title: string, body: (index: DecisionIndexPort) => Promise<void>): void =>
    test(title, () => withPort(makePort, body));
  const filled = (title: string, body: (index: DecisionIndexPort) => Promise<void>): void =>
    check(title, async (index) => {
      await index.apply((await log).entries);
      await body(index);
    });
  const listed = async (
    index: DecisionIndexPort,
    filter: Parameters<DecisionIndexPort['list']>[0],
  ): Promise<string[]> => {
    const { ids } = await log;
    const byId = new Map(Object.entries(ids).map(([key, id]) => [id, key]));
    const { items } = await index.list(filter, { limit: 100 });
    return items.map((item) => byId.get(item.decisionId)!);
  };

  check('an empty index knows nothing and starts at 0', async (index) => {
    const { ids } = await log;
    assert.is(await index.position(), 0);
    assert.is(await index.get(decisionOf({}, 'acme', 'a1').decisionId), undefined);
    assert.equal(await index.list({}, { limit: 10 }), { items: [], nextCursor: null });
    assert.equal(await index.open(10), []);
    assert.ok(ids.a1);
  });

  filled('a decision holds what was decided, when and by whom', async (index) => {
    const row = (await index.get(decisionOf({}, 'acme', 'a2').decisionId))!;
    assert.equal(
      [row.tenant, row.type, row.outcome, row.heldReason, row.decidedBy, row.risk, row.valueBp, row.resolved],
      ['acme', 'loan', 'held', 'veto', 'council', 'high', 9_000, true],
    );
    assert.equal([row.openedIndex, row.finalIndex, row.submittedBy], [4, 6, 'user:ann']);
    assert.equal([row.decidedAtWallMs! - row.openedAtWallMs, row.deadlineMs], [2_000, 5_000]);
    assert.match(row.fingerprint, /^[0-9a-f]{16}$/);
  });

  filled('lists are newest first and every filter holds', async (index) => {
    assert.equal(await listed(index, {}), ['a3', 'a2', 'b1', 'a1']);
    assert.equal(await listed(index, { tenant: 'acme' }), ['a3', 'a2', 'a1']);
    assert.equal(await listed(index, { outcome: 'open' }), ['a3']);
    assert.equal(await listed(index, { outcome: 'held' }), ['a2']);
    assert.equal(await listed(index, { outcome: 'held', resolved: false }), []);
    assert.equal(await listed(index, { heldReason: 'veto' }), ['a2']);
    assert.equal(await listed(index, { type: 'chat', tenant: 'beta' }), ['b1']);
    const since = (await index.get(decisionOf({}, 'acme', 'a2').decisionId))!.openedAtWallMs;
    assert.equal(await listed(index, { sinceWallMs: since }), ['a3', 'a2']);
    assert.equal(await listed(index, { untilWallMs: since }), ['b1', 'a1']);
  });

  filled('pages follow each other without gap or overlap', async (index) => {
    const seen: string[] = [];
    let cursor: string | null | undefined;
    do {
      const page = await index.list({}, { limit: 3, cursor: cursor ?? undefined });
      assert.ok(page.items.length <= 3);
      seen.push(...page.items.map((item) => item.decisionId));
      cursor = page.nextCursor;
    } while (cursor !== null);
    assert.is(seen.length, 4);
    assert.is(new Set(seen).size, 4);
  });

  filled('open decisions are those without a final entry, oldest first', async (index) => {
    assert.equal(
      (await index.open(10)).map((row) => row.decisionId),
      [(await log).ids.a3],
    );
    assert.equal(await index.open(0), []);
  });

  filled(
    'activity of a seat: its ballots and absences, newest first, by tenant when asked',
    async (index) => {
      const { ids } = await log;
      const seat = SeatId.parse('privacy');
      const all = await index.activity(seat, { limit: 10 });
      assert.equal(
        all.items.map((item) => item.decisionId),
        [ids.a2, ids.b1, ids.a1],
      );
      assert.equal(
        all.items.map((item) => item.vote),
        ['approve', 'reject', 'approve'],
      );
      assert.equal(all.items[0]!.codes, ['privacy.email']);
      assert.equal(
        [all.items[0]!.decisionType, all.items[0]!.outcome, all.items[0]!.index],
        ['loan', 'held', 6],
      );
      const own = await index.activity(seat, { limit: 1, tenant: 'acme' });
      assert.equal(
        own.items.map((item) => item.decisionId),
        [ids.a2],
      );
      const rest = await index.activity(seat, { limit: 5, tenant: 'acme', cursor: own.nextCursor! });
      assert.equal(
        rest.items.map((item) => item.decisionId),
        [ids.a1],
      );
      const absent = await index.activity(SeatId.parse('guardian'), { limit: 10 });
      assert.equal(
        absent.items.map((item) => [item.vote, item.scoreBp]),
        [
          ['absent', null],
          ['absent', null],
          ['absent', null],
        ],
      );
      assert.equal((await index.activity(SeatId.parse('nobody'), { limit: 10 })).items, []);
    },
  );

  check(
    'applying again changes nothing, a gap is refused, part by part equals all at once',
    async (index) => {
      const { entries } = await log;
      await index.apply(entries.slice(0, 3));
      await assertFails(() => index.apply(entries.slice(4)), 'stale_writer');
      assert.is(await index.position(), 3);
      await index.apply(entries.slice(1, 6));
      await index.apply(entries);
      await index.apply(entries);
      assert.is(await index.position(), entries.length);
      assert.equal(await listed(index, {}), ['a3', 'a2', 'b1', 'a1']);
      assert.is((await index.activity(SeatId.parse('privacy'), { limit: 10 })).items.length, 3);
    },
  );

  filled('cleared and rebuilt, it is the same', async (index) => {
    const before = await index.list({}, { limit: 10 });
    await index.clear();
    assert.is(await index.position(), 0);
    assert.equal((await index.list({}, { limit: 10 })).items, []);
    await index.apply((await log).entries);
    assert.equal(await index.list({}, { limit: 10 }), before);
  });

  filled('a cursor or a length that is none is refused', async (index) => {
    await assertFails(() => index.list({}, { limit: 10, cursor: 'x; drop table' }), 'invalid_argument');
    for (const limit of [0, -1, 1.5, 1_001, Number.NaN]) {
      await assertFails(() => index.list({}, { limit }), 'invalid_argument');
      await assertFails(() => index.activity(SeatId.parse('privacy'), { limit }), 'invalid_argument');
    }
  });
}
