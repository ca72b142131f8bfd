/** Trace context from a traced deliberation to the seats, and none where nobody traces. */
import type { DeliberationResult } from '../../contracts/messages/council.ts';
import type { CouncilMailboxMessage } from '../../council/deliberation/council-actor.ts';
import type { SeatRef } from '../../council/deliberation/deliberation-options.ts';
import { forward, query, spawnStateless } from '../../runtime/kernel/index.ts';
import { assert, suite } from '../harness.ts';
import { CouncilRig } from './rig.ts';
import type { SeatQuestion } from './rig.ts';

const test = suite('trace context of the council', { limitMs: 10_000 });

const TRACEPARENT = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`;

/** What the envelope of each question to a seat said; the seats get and answer them as ever. */
async function contextsAtSeats(traceparent: string | undefined): Promise<(string | undefined)[]> {
  const rig = new CouncilRig();
  const seen: (string | undefined)[] = [];
  for (const [seat, behind] of [...rig.seats]) {
    const watcher = spawnStateless<SeatQuestion>(
      rig.council,
      (message, ctx) => {
        if (message.type === 'ballot-request') seen.push(ctx.envelope.traceparent);
        forward(behind, message, ctx);
      },
      `watch-${seat}`,
    );
    rig.seats.set(seat, watcher as SeatRef);
  }
  const { terms, sessionDigest, decision } = rig;
  const asked = query<CouncilMailboxMessage, DeliberationResult>(
    rig.council,
    (replyTo) => ({
      type: 'deliberate',
      terms,
      sessionDigest,
      decision,
      attested: {},
      budgetMs: 4_000,
      ...(traceparent !== undefined && { traceparent }),
      replyTo,
    }),
    { timeoutMs: 5_000 },
  );
  await rig.settle();
  assert.is((await asked).ballots.length, 12);
  await rig.end();
  return seen;
}

test('every seat is asked with the context of the deliberation in its envelope', async () => {
  assert.equal(await contextsAtSeats(TRACEPARENT), Array(12).fill(TRACEPARENT));
});

test('where nobody traces there is none', async () => {
  assert.equal(await contextsAtSeats(undefined), Array(12).fill(undefined));
});
