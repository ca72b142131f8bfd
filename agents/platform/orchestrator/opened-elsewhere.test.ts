import { WitanError } from '../../../contracts/errors.ts';
import type { OpenedPayload } from '../../../contracts/messages/session.ts';
import { assert, suite } from '../../../test/harness.ts';
import { decisionOf, deliberation, makeWorld } from '../../../test/orchestrator/fixture.ts';
import { failureOf, kindsIn, start, startIn, verdictOf } from '../../../test/orchestrator/session-run.ts';
import type { Run } from '../../../test/orchestrator/session-run.ts';
import { SimClock } from '../../../runtime/kernel/sim/sim-clock.ts';
import { advance } from '../../../test/sim-time.ts';
import type { OrchestratorPorts } from './ports.ts';

const test = suite('orchestrator: decisions that another node opened');
const never = new Promise<never>(() => {});
const keysOf = () => makeWorld(new SimClock()).keys;

/** Another node opened it, and was lost; what this node asks for first gets lost on the way too. */
async function openedElsewhere(change: Partial<OrchestratorPorts> = {}): Promise<Run> {
  const council = 'always';
  let isFirst = true;
  const other = start(
    {
      ...change,
      council: async (request) => {
        if (isFirst) return ((isFirst = false), never);
        return deliberation(request, keysOf());
      },
    },
    { council },
  );
  await advance(other.clock, 1);
  other.stop.abort(new WitanError('cancelled', 'stopped'));
  await failureOf(other);
  const { ledger } = other.world;
  const append = ledger.append.bind(ledger);
  ledger.append = (input, term) => {
    ledger.append = append;
    return Promise.reject(new WitanError('unavailable', `the answer to ${input.kind} was lost`, { term }));
  };
  return startIn(other.world, other.clock, { fields: { council }, job: { submittedBy: 'user:bob' } });
}

test('an entry that is found after an unknown outcome is another’s: the session is not run on own terms', async () => {
  const { verdict, isNew } = await (await openedElsewhere()).end;
  assert.equal([verdict.body.outcome, verdict.body.heldReason, isNew], ['held', 'session-lost', false]);
});

test('where several nodes decide, what another opened and was lost with is gone on with', async () => {
  const run = await openedElsewhere({ home: { owns: () => true } });
  const { verdict, isNew } = await run.end;
  assert.equal([verdict.body.outcome, isNew], ['approved', true]);
  const [opened] = await run.world.ledger.byDecision(decisionOf().decisionId);
  const { sessionDigest, submittedBy } = opened!.payload as OpenedPayload;
  assert.equal([verdict.body.sessionDigest, submittedBy], [sessionDigest, 'user:ann']);
  assert.equal(await kindsIn(run), ['opened', 'final']);
});

test('where several nodes decide, a writer that is away is waited for as long as the decision has time', async () => {
  const run = start({ home: { owns: () => true } });
  let isAway = true;
  run.world.fault = (input) => (isAway && input.kind === 'final' ? 'lost' : undefined);
  await advance(run.clock, 3_000);
  isAway = false;
  await advance(run.clock, 1_000);
  assert.is((await verdictOf(run)).body.outcome, 'approved');
  const late = start({ home: { owns: () => true } });
  late.world.fault = (input) => (input.kind === 'final' ? 'lost' : undefined);
  await advance(late.clock, 8_000);
  assert.is((await failureOf(late)).code, 'unavailable');
});
