import fc from 'fast-check';
import { assert, suite } from '../../../../test/harness.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import { start } from '../../../../runtime/kernel/index.ts';
import type { ActorRef, ActorSystem } from '../../../../runtime/kernel/index.ts';
import type { LedgerEntryInput, LedgerPort } from '../../../../runtime/kernel/ports/ledger.ts';
import { withAppend } from '../../../../runtime/kernel/ports/ledger.ts';
import { SystemClock } from '../../../../runtime/kernel/index.ts';
import { MemoryKeys } from '../../../../runtime/store/keys/memory-keys.ts';
import { MemoryLedger } from '../../../../runtime/store/memory/memory-ledger.ts';
import { AlertBook } from './alert-book.ts';
import { spawnAuditEvents } from './events-actor.ts';
import type { EventsMessage } from './events-actor.ts';
import { NoteBook } from './note-book.ts';
import { RequestBook } from './request-book.ts';
import { AuditTrail } from './trail.ts';

const test = suite('audit events', { limitMs: 10_000 });

const event = (name: string): LedgerEntryInput => ({
  kind: 'event',
  tenant: 'acme',
  payload: { event: name },
});

test('property: summaries add up to every request, whoever asks for what', () => {
  const request = fc.record({
    door: fc.constantFrom('http', 'grpc'),
    operation: fc.constantFrom('decision.read', 'decision.list', 'health.read'),
    outcome: fc.constantFrom('200', '404'),
    principal: fc.constantFrom({ id: 'key:a', tenant: 'a' }, { id: 'key:b', tenant: 'b' }, undefined),
  });
  fc.assert(
    fc.property(fc.array(request, { maxLength: 200 }), (requests) => {
      const book = new RequestBook({ sampleBp: 0, maxPerSecond: 1, chance: () => 0 });
      for (const each of requests) assert.is(book.note(each, 1_000), undefined);
      const sums = new Map<string, number>();
      for (const { tenant, payload } of book.closeWindow(2_000)) {
        const { requests: kinds } = payload as { requests: { count: number }[] };
        for (const { count } of kinds) sums.set(tenant, (sums.get(tenant) ?? 0) + count);
      }
      for (const tenant of ['a', 'b']) {
        const wanted = requests.filter(
          (each) => each.principal?.tenant === tenant && each.operation !== 'health.read',
        ).length;
        assert.is(sums.get(tenant) ?? 0, wanted);
      }
      assert.equal(book.closeWindow(3_000), []);
    }),
  );
});

test('a flood of kinds shares lines, and no request is lost from the sum', () => {
  const book = new RequestBook({ sampleBp: 0, maxPerSecond: 1, chance: () => 0 });
  for (let at = 0; at < 3_000; at += 1) {
    const principal = { id: 'key:a', tenant: `t${at}` };
    book.note({ door: 'http', operation: 'decision.read', outcome: '200', principal }, 0);
    book.note(
      { door: 'http', operation: `made.up-${at}`, outcome: '200', principal: { id: 'k', tenant: 'one' } },
      0,
    );
  }
  const entries = book.closeWindow(1);
  const sum = entries
    .flatMap(({ payload }) => (payload as { requests: { count: number }[] }).requests)
    .reduce((total, { count }) => total + count, 0);
  assert.is(sum, 6_000);
});

test('samples are bounded a second', () => {
  const book = new RequestBook({ sampleBp: 10_000, maxPerSecond: 3, chance: () => 0 });
  const principal = { id: 'key:a', tenant: 'a' };
  const note = (atMs: number): boolean =>
    book.note({ door: 'http', operation: 'decision.read', outcome: '200', principal }, atMs) !== undefined;
  assert.is(Array.from({ length: 10 }, () => note(1_500)).filter(Boolean).length, 3);
  assert.is(Array.from({ length: 10 }, () => note(2_000)).filter(Boolean).length, 3);
});

test('what does not fit is told as a number by category', () => {
  const book = new NoteBook(2);
  for (let at = 0; at < 5; at += 1) book.note(event('x'), at);
  const [first, second, overload, ...rest] = book.take(10, 9);
  assert.equal([first, second, rest], [event('x'), event('x'), []]);
  const { event: name, lost } = overload!.payload as { event: string; lost: object };
  assert.equal([name, lost], ['audit-overload', { system: 3 }]);
  assert.not.ok(book.isDue);
  book.putBack([event('y')]);
  assert.equal(book.take(10, 10), [event('y')]);
});

test('a rule is told once a window', () => {
  const rule = { id: 'r', summary: 's', action: 'access.*', minCount: 3, windowMs: 100 };
  const book = new AlertBook([rule]);
  const note = (count: number, atMs: number): number =>
    book.note({ action: 'access.denied', category: 'security', count }, atMs).length;
  assert.equal(
    [note(2, 0), note(1, 10), note(5, 20), note(2, 100), note(1, 199), note(3, 200)],
    [0, 1, 0, 0, 1, 1],
  );
  assert.equal(book.note({ action: 'other', category: 'security', count: 9 }, 300), []);
});

interface Rig {
  readonly system: ActorSystem;
  readonly trail: AuditTrail;
  readonly log: LedgerPort;
  fail: boolean;
}

/** A trail with its actor over a log that can fail. */
function makeRig(options: { readonly appendMaxCount?: number } = {}): Rig {
  const system = start({ node: 'test' });
  const clock = new SystemClock();
  const inner = new MemoryLedger({ logId: 'witan/test', clock, keys: new MemoryKeys({ clock }) });
  const rig = { fail: false } as { -readonly [Key in keyof Rig]: Rig[Key] };
  rig.system = system;
  rig.log = inner;
  const ledger = withAppend(inner, async (entry, given) => {
    if (rig.fail) throw new WitanError('storage_failed', 'the disk is full');
    return inner.append(entry, given);
  });
  let id = 0;
  rig.trail = new AuditTrail({
    ledger,
    clock,
    node: 'test',
    makeId: () => `e${String((id += 1)).padStart(32, '0')}`,
    noteMaxCount: 100,
    sampling: { sampleBp: 0, maxPerSecond: 1, chance: () => 0 },
    find: () => system.find('/events') as ActorRef<EventsMessage> | undefined,
    onListenerError: () => undefined,
  });
  const { trail } = rig;
  const { appendMaxCount = 16 } = options;
  spawnAuditEvents(system.root, { ledger, trail, clock, windowMs: 60_000, appendMaxCount });
  return rig;
}

test('an event has its envelope, is durable when it is answered, and listeners are told', async () => {
  const { trail, system, log } = makeRig();
  const told: number[] = [];
  trail.subscribe(({ index }) => void told.push(index));
  const { entry } = await trail.ledger.append(event('something'));
  assert.is(log.size(), 1);
  const { audit } = entry.payload as { audit: Record<string, unknown> };
  assert.equal([audit['node'], audit['category'], audit['source']], ['test', 'system', '/system']);
  assert.match(String(audit['id']), /^e\d{32}$/);
  assert.equal(told, [0]);
  await trail.ledger.append({ kind: 'late-ballot', tenant: 'acme', payload: { notice: 'late-ballot' } });
  assert.not.ok('audit' in ((await log.entry(1))!.payload as object));
  await system.stop();
  // After its end events go straight to the log.
  await trail.ledger.append(event('later'));
  assert.is(log.size(), 3);
});

test('a failing log refuses what is waited for, and keeps what is noted', async () => {
  const rig = makeRig();
  rig.fail = true;
  const error = await rig.trail.ledger.append(event('one')).then(
    () => undefined,
    (thrown: WitanError) => thrown.code,
  );
  assert.is(error, 'storage_failed');
  rig.trail.note(event('two'));
  rig.fail = false;
  await rig.system.stop();
  const names: unknown[] = [];
  for await (const { payload } of rig.log.read(0)) names.push((payload as { event: string }).event);
  assert.equal(names, ['two']);
});

test('more appends than may be under way are refused, none is lost in silence', async () => {
  const { trail, system, log } = makeRig({ appendMaxCount: 4 });
  const results = await Promise.allSettled(
    Array.from({ length: 50 }, (_, at) => trail.ledger.append(event(`e${at}`))),
  );
  const kept = results.filter(({ status }) => status === 'fulfilled').length;
  const codes = results.flatMap((one) =>
    one.status === 'rejected' ? [(one.reason as WitanError).code] : [],
  );
  assert.is(log.size(), kept);
  assert.is(kept + codes.length, 50);
  assert.ok(codes.length > 0);
  assert.ok(
    codes.every((code) => code === 'overloaded' || code === 'mailbox_full'),
    codes.join(),
  );
  await system.stop();
});
