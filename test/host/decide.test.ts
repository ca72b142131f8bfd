/** The whole path in one process: twelve seats, faults on the way, and what is on the record afterwards. */
import { WitanError } from '../../contracts/errors.ts';
import type { DecisionEvent } from '../../contracts/messages/events.ts';
import type { DecisionId } from '../../contracts/messages/ids.ts';
import type { LedgerEntryInput, LedgerPort } from '../../runtime/kernel/ports/ledger.ts';
import type { Host } from '../../index.ts';
import { assert, suite } from '../harness.ts';
import { BENIGN, Gate, gatedSeat, startHost } from './fixtures.ts';

const test = suite('host-decide', { limitMs: 30_000 });

function collect(host: Host): DecisionEvent[] {
  const events: DecisionEvent[] = [];
  host.subscribe({
    onEvent: (event) => void events.push(event),
    onGap: () => assert.unreachable(),
    onEnd: () => undefined,
  });
  return events;
}

/** A ledger whose appends of one kind go through `fault`. */
function faulty(
  kind: string,
  fault: (append: () => Promise<unknown>) => Promise<never>,
): (ledger: LedgerPort) => LedgerPort {
  return (ledger) => {
    const append = (
      input: LedgerEntryInput,
      options?: { generation?: number },
    ): ReturnType<LedgerPort['append']> => {
      const real = (): ReturnType<LedgerPort['append']> => ledger.append(input, options);
      return input.kind === kind ? fault(real) : real();
    };
    return new Proxy(ledger, {
      get: (target, name) => {
        if (name === 'append') return append;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };
}

test('a benign decision gets twelve ballots, an approval, a record, and verifies', async () => {
  await using host = await startHost();
  const events = collect(host);
  const verdict = await host.submit(BENIGN);
  assert.is(verdict.body.outcome, 'approved');
  assert.is(verdict.ballots.length, 12);
  assert.is(events.filter((event) => event.type === 'ballot').length, 12);
  assert.equal(
    events.map((event) => event.sequence),
    events.map((_, index) => index + 1),
  );
  const result = await host.verify(verdict.body.decisionId);
  assert.is(result.mismatch, null);
  assert.ok(result.checked.length > 30);
});

test('an unreviewed decision about a person is not approved', async () => {
  await using host = await startHost();
  const verdict = await host.submit({ type: 'loan', text: 'The application is denied.', council: 'always' });
  assert.is.not(verdict.body.outcome, 'approved');
  assert.ok(verdict.body.alternative!.actions.length > 0);
});

test('the same key gives the same decision, another payload is a conflict', async () => {
  await using host = await startHost();
  const request = { ...BENIGN, idempotencyKey: 'k' };
  const [first, second] = await Promise.all([host.submit(request), host.submit(request)]);
  assert.equal(first, second);
  const error = await host.submit({ ...request, text: 'Other.' }).catch((thrown: WitanError) => thrown);
  assert.is((error as WitanError).code, 'conflict');
});

test('bad input is a typed error and leaves nothing behind', async () => {
  await using host = await startHost();
  const size = host.inspect.health().checks.find((check) => check.name === 'record')!.detail;
  for (const [request, code] of [
    [undefined, 'invalid_argument'],
    [{ type: 'chat', text: 'x', weight: 1 }, 'unknown_field'],
    [{ type: 'chat', context: { a: Number.NaN } }, 'invalid_argument'],
    [{ type: 'chat', text: 'x'.repeat(200_001) }, 'too_large'],
  ] as const) {
    const error = await host.submit(request).catch((thrown: WitanError) => thrown);
    assert.is((error as WitanError).code, code);
  }
  assert.is(host.inspect.health().checks.find((check) => check.name === 'record')!.detail, size);
});

test('a seat killed in the middle of its vote comes back and the verdict is right', async () => {
  const gate = new Gate();
  await using host = await startHost({ seatPlan: gatedSeat('wisdom', gate) });
  const events = collect(host);
  const verdict = host.submit(BENIGN);
  await gate.reached;
  await killActor(host, '/council/wisdom');
  gate.open();
  const { body, ballots } = await verdict;
  assert.is(body.outcome, 'approved');
  assert.is(ballots.length, 12);
  assert.ok(events.some((event) => event.type === 'seat-restarted' && event.seat === 'wisdom'));
  assert.is((await host.verify(body.decisionId)).ok, true);
});

test('a session killed in the middle resumes from the ballots that are there', async () => {
  const gate = new Gate();
  await using host = await startHost({ seatPlan: gatedSeat('wisdom', gate) });
  const accepted = await host.accept(BENIGN);
  await gate.reached;
  await killActor(host, `/council/session/${accepted.decisionId}`);
  gate.open();
  const { body } = await accepted.verdict;
  assert.is(body.outcome, 'approved');
  assert.is(body.tally!.ballotCount, 12);
});

test('a seat that does not answer in time is absent: a lost veto seat holds', async () => {
  const gate = new Gate();
  await using host = await startHost({ seatPlan: gatedSeat('security', gate) });
  const verdict = await host.submit({ ...BENIGN, deadlineMs: 900 });
  assert.is.not(verdict.body.outcome, 'approved');
  gate.open();
  assert.is((await host.verify(verdict.body.decisionId)).ok, true);
});

test('the reply of the final append is lost: the verdict is the recorded one', async () => {
  let lost = 0;
  const wrapLedger = faulty('final', async (append) => {
    await append();
    lost += 1;
    throw new WitanError('unavailable', 'the reply was lost');
  });
  await using host = await startHost({ wrapLedger });
  const verdict = await host.submit(BENIGN);
  assert.is(lost, 1);
  assert.is((await host.verify(verdict.body.decisionId)).ok, true);
});

test('a full disk refuses the final entry: no verdict, and the decision is readable by id', async () => {
  const wrapLedger = faulty('final', async () => {
    throw new WitanError('storage_failed', 'no space left on device');
  });
  await using host = await startHost({ wrapLedger });
  const error = (await host.submit(BENIGN).catch((thrown: WitanError) => thrown)) as WitanError;
  assert.ok(['storage_failed', 'unavailable'].includes(error.code), error.code);
  const view = await host.readDecision(error.details['decisionId'] as DecisionId);
  assert.is(view.state, 'open');
});

test('a full disk refuses the opened entry: nothing is accepted', async () => {
  const wrapLedger = faulty('opened', async () => {
    throw new WitanError('storage_failed', 'no space left on device');
  });
  await using host = await startHost({ wrapLedger });
  const error = (await host.accept(BENIGN).catch((thrown: WitanError) => thrown)) as WitanError;
  assert.is(error.code, 'storage_failed');
  assert.is(host.inspect.health().checks.find((check) => check.name === 'open')!.detail, '0 open decisions');
});

/** Stops an actor as a crash of its own would, through the operator's door. */
async function killActor(host: Host, path: string): Promise<void> {
  await host.command(path, 'stop');
}
