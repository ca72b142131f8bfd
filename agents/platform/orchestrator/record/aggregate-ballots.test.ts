/** A decision asks for its aggregate, waits so long, and is recorded in any case. */
import { FinalPayload } from '../../../../contracts/messages/final.ts';
import type { Ballot } from '../../../../contracts/messages/ballot.ts';
import { OpenedPayload } from '../../../../contracts/messages/session.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import { createBudget } from '../../../../runtime/kernel/budget.ts';
import type { AggregateSigner, KeysPort } from '../../../../runtime/kernel/ports/keys.ts';
import { SimClock } from '../../../../runtime/kernel/sim/sim-clock.ts';
import { assert, suite } from '../../../../test/harness.ts';
import { decisionOf, makeWorld, riskyChecks } from '../../../../test/orchestrator/fixture.ts';
import type { World } from '../../../../test/orchestrator/fixture.ts';
import { advance } from '../../../../test/sim-time.ts';
import { runSession } from '../decision-session.ts';
import { aggregateOf } from './aggregate-ballots.ts';

const test = suite('orchestrator: aggregate of the ballots');
const never = new Promise<never>(() => {});
const WAIT_MS = 250;

interface Asked {
  readonly keyIds: readonly string[];
  readonly signal: AbortSignal | undefined;
}

interface Ran {
  readonly opened: OpenedPayload;
  readonly final: FinalPayload;
  readonly asked: readonly Asked[];
  readonly waitedMs: number;
}

/** Runs one decision to its record with a signer of this behaviour; null: the keys have none. */
async function recorded(
  sign: ((signal?: AbortSignal) => Promise<Uint8Array>) | null,
  { promised = true }: { promised?: boolean } = {},
): Promise<Ran> {
  const clock = new SimClock();
  const asked: Asked[] = [];
  const world: World = makeWorld(clock, { checks: riskyChecks('high') });
  const freeze = world.ports.freezeTerms;
  const aggregate: AggregateSigner = {
    introduce: async () => undefined,
    sign(keyIds, _message, signal) {
      asked.push({ keyIds, signal });
      return sign!(signal);
    },
  };
  const ports = {
    ...world.ports,
    keys: sign ? withSigner(world.ports.keys, aggregate) : world.ports.keys,
    freezeTerms: async (decision: Parameters<typeof freeze>[0]) => {
      const terms = await freeze(decision);
      return promised ? { ...terms, aggregateKeys: `sha256:${'0'.repeat(64)}` as never } : terms;
    },
  };
  const settings = { ...world.ports.settings(), council: { aggregateWaitMs: WAIT_MS } };
  const startedMs = clock.monotonicMs();
  let waitedMs = -1;
  const run = runSession(
    {
      decision: decisionOf({}),
      submittedBy: 'user:ann',
      budgetMs: 5_000,
      attempts: { count: 0, unapprovedCount: 0, latest: null },
      settings,
      flags: world.ports.flags(),
      resumed: null,
    },
    ports,
    {
      listener: { onAccepted: () => undefined, onRecorded: () => undefined },
      signal: new AbortController().signal,
    },
  ).then((end) => {
    waitedMs = clock.monotonicMs() - startedMs;
    return end;
  });
  await advance(clock, 4_000);
  const { verdict } = await run;
  assert.is(verdict.body.outcome, 'approved', 'nothing is held for it');
  const entries = await world.ports.ledger.byDecision(verdict.body.decisionId);
  const opened = OpenedPayload.parse(entries.find(({ kind }) => kind === 'opened')!.payload);
  assert.is(opened.terms.aggregateKeys !== undefined, promised);
  const final = FinalPayload.parse(entries.find(({ kind }) => kind === 'final')!.payload);
  return { opened, final, asked, waitedMs };
}

function withSigner(keys: KeysPort, aggregate: AggregateSigner): KeysPort {
  return {
    aggregate,
    active: (purpose) => keys.active(purpose),
    sign: (keyId, message) => keys.sign(keyId, message),
    get: (keyId) => keys.get(keyId),
    list: () => keys.list(),
    rotate: (purpose, reason) => keys.rotate(purpose, reason),
    revoke: (keyId, reason) => keys.revoke(keyId, reason),
    close: () => keys.close(),
  };
}

test('the counted seats sign in roster order, and the signature stands in the final entry', async () => {
  const { final, asked } = await recorded(async () => new Uint8Array(96).fill(7));
  assert.equal(final.aggregate, { suite: 'bls12-381-g2-pop', signature: 'BwcH'.repeat(32) });
  assert.equal(
    asked[0]!.keyIds,
    final.ballots.map(({ keyId }) => keyId),
  );
});

test('a signer that does not answer costs the decision its wait and no more; the record says late', async () => {
  const { final, asked, waitedMs } = await recorded(() => never);
  assert.equal(final.aggregate, { none: 'late' });
  assert.is(waitedMs, WAIT_MS);
  assert.ok(asked[0]!.signal!.aborted, 'the signer is told that nobody waits');
});

test('a signer that fails is a line on the record', async () => {
  const failing = (code: 'unavailable' | 'overloaded') => () => Promise.reject(new WitanError(code, 'no'));
  assert.equal((await recorded(failing('unavailable'))).final.aggregate, { none: 'failed' });
  assert.equal((await recorded(failing('overloaded'))).final.aggregate, { none: 'late' });
  assert.equal((await recorded(() => Promise.reject(new TypeError('defect')))).final.aggregate, {
    none: 'failed',
  });
});

test('keys that were not there when the session opened, and an option that was switched off since', async () => {
  const signer = async (): Promise<Uint8Array> => new Uint8Array(96);
  const without = await recorded(signer, { promised: false });
  assert.equal(without.final.aggregate, { none: 'no-keys' });
  assert.is(without.asked.length, 0);
  assert.equal((await recorded(null)).final.aggregate, { none: 'off' });
  assert.is((await recorded(null, { promised: false })).final.aggregate, undefined);
});

test('no seat signs a list on which another ballot stands under its name', async () => {
  const { opened, final } = await recorded(async () => new Uint8Array(96));
  const asked: string[] = [];
  const aggregate: AggregateSigner = {
    introduce: async () => undefined,
    sign: async (keyIds) => {
      asked.push(...keyIds);
      return new Uint8Array(96);
    },
  };
  const clock = new SimClock();
  const session = {
    terms: opened.terms,
    sessionDigest: opened.sessionDigest,
    settings: { ...makeWorld(clock, {}).ports.settings(), council: { aggregateWaitMs: WAIT_MS } },
    budget: createBudget(clock, 5_000),
  };
  const keys = withSigner(makeWorld(clock, {}).ports.keys, aggregate);
  const [first, ...others] = final.ballots;
  const forged: Ballot = { ...first!, body: { ...first!.body, scoreBp: 1 } };
  const of = (ballots: readonly Ballot[]): ReturnType<typeof aggregateOf> =>
    aggregateOf({ session, ballots, rounds: 1 }, { keys });
  assert.equal(await of([forged, ...others]), { none: 'failed' });
  assert.equal(await of([{ ...first!, keyId: others[0]!.keyId }, ...others]), { none: 'failed' });
  assert.is(asked.length, 0);
  assert.ok('signature' in (await of(final.ballots))!, 'copies are verified, and sign');
  assert.is(await of([]), undefined);
});
