/** Parts of a running node are killed in the middle of a decision: verdict and record are right. */
import { WitanError } from '../../contracts/errors.ts';
import type { DecisionEvent } from '../../contracts/messages/events.ts';
import type { LedgerEntryInput, LedgerPort } from '../../runtime/kernel/ports/ledger.ts';
import type { Host } from '../../index.ts';
import { assert, suite } from '../harness.ts';
import { BENIGN, Gate, gatedSeat, startHost, withFolder } from '../host/fixtures.ts';
import { assertLogVerifies, ended, isError, outcomeOf, PATIENT } from './fault-fixtures.ts';

const test = suite('faults', { limitMs: 60_000 });

interface Scene {
  readonly host: Host;
  readonly gate: Gate;
  readonly dataDir: string;
}

/** A node on files whose seat `wisdom` waits at a gate; the whole record is checked at the end. */
async function withGatedNode(use: (scene: Scene) => Promise<void>): Promise<void> {
  await withFolder(async (dataDir) => {
    const gate = new Gate();
    const host = await startHost({ dataDir, settings: PATIENT, seatPlan: gatedSeat('wisdom', gate) });
    try {
      await use({ host, gate, dataDir });
    } finally {
      gate.open();
      await host.stop({ graceMs: 1_000 });
    }
    await assertLogVerifies(dataDir);
  });
}

function collect(host: Host): DecisionEvent[] {
  const events: DecisionEvent[] = [];
  const onEvent = (event: DecisionEvent): void => void events.push(event);
  host.subscribe({ onEvent, onGap: () => assert.unreachable(), onEnd: () => undefined });
  return events;
}

for (const command of ['stop', 'restart'] as const) {
  test(`a seat is killed in the middle of its vote (${command}): it votes after all`, async () => {
    await withGatedNode(async ({ host, gate }) => {
      const events = collect(host);
      const { decisionId, verdict } = await host.accept(BENIGN);
      await gate.reached;
      await host.command('/council/wisdom', command);
      gate.open();
      const { body, ballots } = await verdict;
      assert.is(body.outcome, 'approved');
      assert.is(ballots.filter((ballot) => ballot.body.seat === 'wisdom').length, 1);
      assert.is(body.tally!.ballotCount, 12);
      // A restart keeps the seat's address, so that nobody has to be told.
      const isTold = events.some((event) => event.type === 'seat-restarted' && event.seat === 'wisdom');
      assert.is(isTold, command === 'stop');
      assert.is((await host.verify(decisionId)).mismatch, null);
    });
  });
}

test('the council session is killed in mid-round: it goes on from the ballots that are there', async () => {
  await withGatedNode(async ({ host, gate }) => {
    const events = collect(host);
    const { decisionId, verdict } = await host.accept(BENIGN);
    await gate.reached;
    await host.command(`/council/session/${decisionId}`, 'stop');
    gate.open();
    const { body } = await verdict;
    assert.equal([body.outcome, body.tally!.ballotCount], ['approved', 12]);
    assert.is(events.filter((event) => event.type === 'final').length, 1);
    assert.is((await host.verify(decisionId)).mismatch, null);
  });
});

test('the actor of a decision is killed in mid-round: unavailable, then readable by id', async () => {
  await withGatedNode(async ({ host, gate }) => {
    const events = collect(host);
    const request = { ...BENIGN, idempotencyKey: 'lost', deadlineMs: 3_000 };
    const { decisionId, verdict } = await host.accept(request);
    const recordedEnd = ended(host, decisionId);
    const result = outcomeOf(verdict);
    await gate.reached;
    await host.command(`/platform/orchestrator/decision/${decisionId}`, 'stop');
    gate.open();
    const { body } = await recordedEnd;
    assert.ok(
      body.outcome === 'approved' || body.heldReason === 'session-lost',
      JSON.stringify(body.heldReason),
    );
    const told = await result;
    if (isError(told)) assert.equal([told.code, told.details['decisionId']], ['unavailable', decisionId]);
    else assert.equal(told.body, body);
    const view = await host.readDecision(decisionId);
    assert.equal(view.verdict!.body, body);
    // Whoever asks again gets the same decision and its recorded end.
    assert.equal((await host.submit(request)).body, body);
    assert.is(events.filter((event) => event.type === 'final').length, 1);
    assert.is((await host.verify(decisionId)).mismatch, null);
  });
});

/** A ledger that appends and then loses the reply, once, for entries of one kind. */
function losingReply(kind: LedgerEntryInput['kind']): (ledger: LedgerPort) => LedgerPort {
  let isLost = false;
  return (ledger) =>
    new Proxy(ledger, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        if (name !== 'append') return value.bind(target) as unknown;
        return async (...args: Parameters<LedgerPort['append']>) => {
          const receipt = await target.append(...args);
          if (args[0].kind !== kind || isLost) return receipt;
          isLost = true;
          throw new WitanError('unavailable', 'the reply was lost');
        };
      },
    });
}

for (const kind of ['opened', 'final'] as const) {
  test(`the reply to the append of \`${kind}\` is lost: it stands once, and is found by id`, async () => {
    await withFolder(async (dataDir) => {
      const wrapLedger = losingReply(kind);
      const host = await startHost({ dataDir, settings: PATIENT, wrapLedger });
      try {
        const request = { ...BENIGN, idempotencyKey: 'reply-lost' };
        const result = await outcomeOf(host.submit(request));
        if (isError(result)) assert.is(result.code, 'unavailable');
        else assert.is(result.body.outcome, 'approved');
        const again = await host.submit(request);
        assert.is(again.body.outcome, 'approved');
        if (!isError(result)) assert.equal(again.body, result.body);
        const { decisionId } = again.body;
        assert.equal((await host.readDecision(decisionId)).verdict!.body, again.body);
        assert.is((await host.verify(decisionId)).mismatch, null);
      } finally {
        await host.stop({ graceMs: 1_000 });
      }
      await assertLogVerifies(dataDir);
    });
  });
}
