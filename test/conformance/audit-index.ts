/** What every index of the trail must do: fed by entries of a real log, as the index of decisions is. */
import type { DecisionId } from '../../contracts/messages/ids.ts';
import type { OpenedPayload } from '../../contracts/messages/session.ts';
import { digestOf, sha256 } from '../../runtime/kernel/crypto/digest.ts';
import type { AuditIndexFilter } from '../../runtime/kernel/ports/audit/audit-index.ts';
import type { DecisionIndexPort } from '../../runtime/kernel/ports/decision/decision-index.ts';
import type { LedgerEntry } from '../../runtime/kernel/ports/ledger.ts';
import { SimClock } from '../../runtime/kernel/sim/sim-clock.ts';
import { assert, suite } from '../harness.ts';
import { decisionOf, makeWorld } from '../orchestrator/fixture.ts';
import { assertFails, collect, withPort } from './fixture.ts';
import type { MakePort } from './fixture.ts';

const FILE = `sha256:${'ab'.repeat(32)}`;
const TOOL_TEXT = 'the weather is 50% sun_';

/** Two decisions of acme and one of beta that use the same file, and what else happens at a node. */
async function makeLog(): Promise<{ entries: LedgerEntry[]; ids: Record<'a1' | 'a2' | 'b1', DecisionId> }> {
  const clock = new SimClock();
  const { ledger, terms } = makeWorld(clock);
  const open = async (key: string, tenant: string, fields: object): Promise<DecisionId> => {
    const decision = decisionOf(fields, tenant, key);
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
    return decision.decisionId;
  };
  const event = async (tenant: string, payload: object, kind: 'event' | 'admin' = 'event'): Promise<void> => {
    await ledger.append({ kind, tenant, payload });
    clock.advance(1_000);
  };
  const attachments = [{ name: 'a.pdf', mediaType: 'application/pdf', digest: FILE, sizeBytes: 3 }];
  const messages = [
    { role: 'user', content: 'hello' },
    { role: 'tool', content: TOOL_TEXT, name: 'weather' },
  ];
  const a1 = await open('a1', 'acme', { type: 'chat', attachments, messages });
  const b1 = await open('b1', 'beta', { type: 'chat', attachments });
  await event('acme', {
    event: 'audit-event',
    eventType: 'model.loaded',
    agentId: 'bot',
    action: 'Load 50%_x',
  });
  await event('acme', { action: 'key-create', by: 'key:0123', key: 'k', at: 'x' }, 'admin');
  const logged = {
    event: 'audit-log',
    actionType: 'loan.paid',
    aboutDecision: a1,
    systemId: 'bank',
    by: 'key:9',
  };
  await event('acme', logged);
  await event('system', { action: 'access-denied', by: 'others', code: 'unauthenticated', count: 3 });
  const a2 = await open('a2', 'acme', {
    type: 'loan',
    attachments,
    claims: [{ text: 'c', evidence: ['e'] }],
  });
  // Whatever stands in an entry of a newer node, the index goes on.
  await event('acme', ['no', 'object'] as unknown as object);
  await ledger.append({ kind: 'late-ballot', tenant: 'acme', decisionId: a2, payload: null });
  return { entries: await collect(ledger.read(0)), ids: { a1, a2, b1 } };
}

const log = makeLog();

/** Declares the suite for one implementation. */
export function auditIndexConformance(name: string, makePort: MakePort<DecisionIndexPort>): void {
  const test = suite(`audit index conformance: ${name}`, { limitMs: 20_000 });
  const filled = (title: string, body: (index: DecisionIndexPort) => Promise<void>): void =>
    test(title, () =>
      withPort(makePort, async (index) => {
        await index.apply((await log).entries);
        await body(index);
      }),
    );
  const found = async (
    index: DecisionIndexPort,
    filter: Partial<AuditIndexFilter> = {},
  ): Promise<number[]> => {
    const { items } = await index.audit.search({ tenants: ['acme'], ...filter }, { limit: 100 });
    return items.map((item) => item.index);
  };

  filled('a tenant finds its own entries, newest first, and no others', async (index) => {
    assert.equal(await found(index), [8, 7, 6, 4, 3, 2, 0]);
    assert.equal(await found(index, { tenants: ['beta'] }), [1]);
    assert.equal(await found(index, { tenants: ['acme', 'system'] }), [8, 7, 6, 5, 4, 3, 2, 0]);
    assert.equal(await found(index, { tenants: ['gamma'] }), []);
    assert.equal(await found(index, { tenants: [] }), []);
  });

  filled('every filter holds', async (index) => {
    const { ids, entries } = await log;
    assert.equal(await found(index, { actionType: { text: 'decision.opened', isPrefix: false } }), [6, 0]);
    assert.equal(await found(index, { actionType: { text: 'decision', isPrefix: false } }), []);
    assert.equal(await found(index, { actionType: { text: 'decision.', isPrefix: true } }), [6, 0]);
    assert.equal(await found(index, { actionType: { text: 'decision_', isPrefix: true } }), []);
    assert.equal(await found(index, { categories: ['admin', 'outside'] }), [4, 3, 2]);
    assert.equal(await found(index, { actor: 'key:0123' }), [3]);
    assert.equal(await found(index, { decisionId: ids.a1 }), [4, 0]);
    assert.equal(await found(index, { decisionId: ids.b1 }), []);
    assert.equal(await found(index, { systemId: 'bank' }), [4]);
    assert.equal(await found(index, { systemId: null }), [8, 7, 6, 3, 2, 0]);
    assert.equal(await found(index, { text: 'LOAD' }), [2]);
    assert.equal(await found(index, { text: '50%_x' }), [2]);
    assert.equal(await found(index, { text: 'load_50' }), []);
    const at = entries[3]!.atWallMs;
    assert.equal(await found(index, { sinceWallMs: at }), [8, 7, 6, 4, 3]);
    assert.equal(await found(index, { untilWallMs: at }), [2, 0]);
    assert.equal(await found(index, { sinceWallMs: at, categories: ['admin'], actor: 'key:0' }), []);
  });

  filled('a row holds what its entry says', async (index) => {
    const { ids } = await log;
    const [row] = (await index.audit.search({ tenants: ['acme'], systemId: 'bank' }, { limit: 1 })).items;
    assert.equal(
      [row!.tenant, row!.category, row!.actionType, row!.actor, row!.systemId, row!.decisionId],
      ['acme', 'outside', 'loan.paid', 'key:9', 'bank', ids.a1],
    );
    assert.is(row!.atWallMs, (await log).entries[4]!.atWallMs);
  });

  filled('pages follow each other without gap or overlap', async (index) => {
    const seen: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await index.audit.search({ tenants: ['acme'] }, { limit: 3, cursor });
      seen.push(...page.items.map((item) => item.index));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    assert.equal(seen, [8, 7, 6, 4, 3, 2, 0]);
  });

  filled('decisions of a datum, within the tenant', async (index) => {
    const { ids } = await log;
    const tool = `sha256:${Buffer.from(sha256(new TextEncoder().encode(TOOL_TEXT))).toString('hex')}`;
    const both = await index.audit.usesOf([FILE, tool], { tenant: 'acme', limit: 5 });
    assert.equal(
      both.items.map(({ index: at, role, digest, name: datum, mediaType }) => [
        at,
        role,
        digest,
        datum,
        mediaType,
      ]),
      [
        [6, 'attachment', FILE, 'a.pdf', 'application/pdf'],
        [0, 'tool', tool, 'weather', null],
        [0, 'attachment', FILE, 'a.pdf', 'application/pdf'],
      ],
    );
    const uses = await index.audit.usesOf([FILE], { tenant: 'acme', limit: 1 });
    assert.equal([uses.items[0]!.decisionId, uses.items[0]!.index], [ids.a2, 6]);
    const rest = await index.audit.usesOf([FILE], { tenant: 'acme', limit: 5, cursor: uses.nextCursor! });
    assert.equal([rest.items.map((use) => use.decisionId), rest.nextCursor], [[ids.a1], null]);
    assert.equal((await index.audit.usesOf([tool], { tenant: 'beta', limit: 5 })).items, []);
  });

  filled('cleared and rebuilt, it is the same; applied twice, too', async (index) => {
    const { entries } = await log;
    const uses = async (): Promise<unknown> =>
      (await index.audit.usesOf([FILE], { tenant: 'acme', limit: 5 })).items;
    const before = [await found(index), await uses()];
    await index.clear();
    assert.equal([await found(index), await uses()], [[], []]);
    await index.apply(entries.slice(0, 5));
    await index.apply(entries);
    await index.apply(entries);
    assert.equal([await found(index), await uses()], before);
  });

  filled('a cursor or a length that is none is refused', async (index) => {
    const search = (page: { cursor?: string; limit: number }): Promise<unknown> =>
      index.audit.search({ tenants: ['acme'] }, page);
    await assertFails(() => search({ cursor: "0'; drop table", limit: 1 }), 'invalid_argument');
    await assertFails(() => search({ limit: 0 }), 'invalid_argument');
    await assertFails(() => index.audit.usesOf([FILE], { tenant: 'acme', limit: 1_001 }), 'invalid_argument');
  });
}
