import { WitanError } from '../../../contracts/errors.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import type { SettingsInput } from '../../../config/schema.ts';
import { SimClock, start } from '../../../runtime/kernel/index.ts';
import type { ActorRef, ActorSystem } from '../../../runtime/kernel/index.ts';
import type { Principal } from '../../../runtime/kernel/ports/identity.ts';
import { assert, suite } from '../../../test/harness.ts';
import { deliberation, makeWorld, requestOf } from '../../../test/orchestrator/fixture.ts';
import type { World } from '../../../test/orchestrator/fixture.ts';
import { advance, settle } from '../../../test/sim-time.ts';
import { createOrchestratorClient } from './client.ts';
import type { OrchestratorClient, Submission, SubmitOptions } from './client.ts';
import type { OrchestratorMessage, ReviewMessage } from './messages.ts';
import { spawnOrchestrator } from './orchestrator.ts';

const test = suite('fair admission');
const who = (tenant: string): Principal => ({ id: `user:${tenant}`, tenant, scopes: ['decision:submit'] });

interface Node {
  readonly clock: SimClock;
  readonly world: World;
  readonly system: ActorSystem;
  readonly ref: ActorRef<OrchestratorMessage>;
  readonly client: OrchestratorClient;
  /** Lets the council approve one decision. */
  approve(decisionId: DecisionId): Promise<void>;
}

/** A node with so many credits, whose council answers when it is told to. */
async function startNode(openDecisionMaxCount: number, more: SettingsInput['admission'] = {}): Promise<Node> {
  const clock = new SimClock();
  const asked = new Map<DecisionId, () => void>();
  const code = { admission: { openDecisionMaxCount, ...more } };
  const world: World = makeWorld(
    clock,
    {
      council: async (request) => {
        await new Promise<void>((resolve) => asked.set(request.decision.decisionId, resolve));
        return deliberation(request, world.keys);
      },
    },
    code,
  );
  const system = start({ clock });
  const ref = spawnOrchestrator(system, world.ports);
  const client = createOrchestratorClient({
    orchestrator: () => ref,
    review: () => system.resolve('/orchestrator/review') as ActorRef<ReviewMessage>,
  });
  await settle();
  const approve = async (decisionId: DecisionId): Promise<void> => {
    asked.get(decisionId)!();
    await settle();
  };
  return { clock, world, system, ref, client, approve };
}

let textCount = 0;

/** Submits, and lets it get as far as it gets. */
async function submit(
  node: Node,
  tenant: string,
  { fields = {}, options = {} }: Offer = {},
): Promise<Offered> {
  const request = requestOf({
    text: `Question ${(textCount += 1)} of ${tenant}`,
    council: 'always',
    ...fields,
  });
  const offered: Offered = { submission: undefined, error: undefined };
  void node.client.submit(request, who(tenant), options).then(
    (submission) => (offered.submission = submission),
    (error: unknown) => (offered.error = error as WitanError),
  );
  await settle();
  return offered;
}

interface Offer {
  readonly fields?: object;
  readonly options?: SubmitOptions;
}

interface Offered {
  submission: Submission | undefined;
  error: WitanError | undefined;
}

test('a tenant that floods is refused, and another gets the next credit', async () => {
  const node = await startNode(2);
  const flood = [];
  for (let at = 0; at < 5; at += 1) flood.push(await submit(node, 'loud'));
  assert.equal(
    flood.map(({ submission, error }) => submission?.joined ?? error?.code),
    [false, false, 'overloaded', 'overloaded', 'overloaded'],
  );
  const calm = await submit(node, 'calm');
  assert.equal([calm.submission, calm.error], [undefined, undefined], 'it waits');
  assert.is((await submit(node, 'loud')).error?.code, 'overloaded');
  await node.approve(flood[0]!.submission!.decisionId);
  assert.is(calm.submission?.joined, false);
  await node.approve(calm.submission!.decisionId);
  assert.is((await calm.submission!.verdict).body.outcome, 'approved');
  await node.approve(flood[1]!.submission!.decisionId);
  assert.is(node.world.ports.admission.inUse, 0);
});

test('a wait that is too long ends as overloaded with a time to come back, and no record', async () => {
  const node = await startNode(1, { waitMaxMs: 40 });
  await submit(node, 'loud');
  const size = node.world.ledger.size();
  const calm = await submit(node, 'calm');
  await advance(node.clock, 39);
  assert.is(calm.error, undefined);
  await advance(node.clock, 1);
  assert.equal([calm.error?.code, calm.error?.retryable], ['overloaded', true]);
  assert.ok(calm.error!.details.retryAfterMs! >= 1);
  assert.is(node.world.ledger.size(), size);
});

test('the wait is taken off the time of the decision', async () => {
  const node = await startNode(1);
  const loud = await submit(node, 'loud');
  const calm = await submit(node, 'calm', { fields: { deadlineMs: 1_000 } });
  await advance(node.clock, 80);
  await node.approve(loud.submission!.decisionId);
  await advance(node.clock, 619);
  const verdict = calm.submission!.verdict;
  assert.is(await Promise.race([verdict, Promise.resolve('open')]), 'open');
  await advance(node.clock, 1);
  // 300 ms of its 1,000 are kept for the record.
  assert.equal([(await verdict).body.heldReason, node.clock.monotonicMs()], ['deadline', 700]);
});

test('the same key joins what waits and does not wait twice; another payload is a conflict', async () => {
  const node = await startNode(1);
  const loud = await submit(node, 'loud');
  const fields = { idempotencyKey: 'once', text: 'Once.' };
  const [first, again] = [await submit(node, 'calm', { fields }), await submit(node, 'calm', { fields })];
  const other = await submit(node, 'calm', { fields: { ...fields, text: 'Twice.' } });
  assert.is(other.error?.code, 'conflict');
  await node.approve(loud.submission!.decisionId);
  assert.equal([first.submission?.joined, again.submission?.joined], [false, true]);
  assert.is(first.submission!.decisionId, again.submission!.decisionId);
  assert.is(node.world.ports.admission.inUse, 1);
  await node.approve(first.submission!.decisionId);
  assert.is(await first.submission!.verdict, await again.submission!.verdict);
});

test('a caller that gives up leaves the queue; once it was let in its signal changes nothing', async () => {
  const node = await startNode(1);
  const loud = await submit(node, 'loud');
  const [gone, calm] = [new AbortController(), new AbortController()];
  const given = await submit(node, 'calm', { options: { signal: gone.signal } });
  gone.abort();
  await settle();
  assert.is(given.error?.code, 'cancelled');
  const kept = await submit(node, 'calm', { options: { signal: calm.signal } });
  await node.approve(loud.submission!.decisionId);
  calm.abort();
  await node.approve(kept.submission!.decisionId);
  assert.is((await kept.submission!.verdict).body.outcome, 'approved');
  assert.is(await kindsOf(node), 'opened final opened final');
});

async function kindsOf({ world: { ledger } }: Node): Promise<string> {
  const indexes = Array.from({ length: ledger.size() }, (_, index) => index);
  const entries = await Promise.all(indexes.map((index) => ledger.entry(index)));
  return entries.map((entry) => entry!.kind).join(' ');
}

for (const how of ['stopped', 'crashed'] as const) {
  test(`an orchestrator that is ${how} answers who waits, and keeps no credit for them`, async () => {
    const node = await startNode(1, { waitMaxMs: 60_000 });
    const loud = await submit(node, 'loud');
    const calm = await submit(node, 'calm');
    if (how === 'stopped') {
      const stopping = node.system.stop({ graceMs: 100 });
      await advance(node.clock, 5_000);
      await stopping;
    } else {
      node.ref.tell(null as never);
      await settle();
    }
    assert.is(calm.error?.code, how);
    if (how === 'stopped') return;
    await node.approve(loud.submission!.decisionId);
    const next = await submit(node, 'calm');
    assert.is(next.submission?.joined, false);
    await node.approve(next.submission!.decisionId);
    assert.is(node.world.ports.admission.inUse, 0);
  });
}
