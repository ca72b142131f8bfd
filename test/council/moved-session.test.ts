/** A session that goes on at another node: ballots of both nodes' seats count, each seat once a round. */
import { toHex } from '../../contracts/ledger/bytes.ts';
import type { KeyId } from '../../contracts/messages/ids.ts';
import type { FrozenSeat, SeatKey, SessionTerms } from '../../contracts/messages/session.ts';
import { SimClock } from '../../runtime/kernel/index.ts';
import { MemoryKeys } from '../../runtime/store/keys/memory-keys.ts';
import { MemoryJournal } from '../../runtime/store/memory/memory-journal.ts';
import { assert, suite } from '../harness.ts';
import { printedTerms } from './fixtures.ts';
import { CouncilRig } from './rig.ts';
import type { RigOptions } from './rig.ts';

const test = suite('sessions that move');
const NEVER = new Promise<never>(() => undefined);
const QUIET = ['wisdom', 'truth', 'justice', 'innovation'];

/** Keys of each node, made in roster order as its rig makes them. */
const made = new Map<string, Map<string, SeatKey>>();

function keyOf(seed: string, seat: string): SeatKey {
  let keys = made.get(seed);
  if (!keys) {
    const ring = new MemoryKeys({ clock: new SimClock(), seed });
    keys = new Map(
      printedTerms().roster.map((frozen) => {
        const { keyId, publicKey } = ring.active(`seat/${frozen.seat}`);
        return [frozen.seat, { keyId: keyId as KeyId, publicKey: toHex(publicKey) }];
      }),
    );
    made.set(seed, keys);
  }
  return keys.get(seat)!;
}

/** The roster as node a freezes it: its own keys, beside them those of the nodes named. */
function frozenByA(others: readonly string[]): (own: SessionTerms['roster']) => SessionTerms['roster'] {
  return (own) =>
    own.map((frozen): FrozenSeat => {
      const otherKeys = others.map((seed) => keyOf(seed, frozen.seat));
      return { ...frozen, ...keyOf('a', frozen.seat), ...(others.length > 0 && { otherKeys }) };
    });
}

/** Node a, four of whose seats never answer, and node b on the same journal. */
function twoNodes(others: readonly string[], options: RigOptions = {}): { a: CouncilRig; b: CouncilRig } {
  const journal = new MemoryJournal(new SimClock());
  const shared = { journal: () => journal, rosterOf: frozenByA(others) };
  const judges = Object.fromEntries(QUIET.map((seat) => [seat, () => NEVER]));
  return {
    a: new CouncilRig({ ...shared, keySeed: 'a', judges }),
    b: new CouncilRig({ ...shared, keySeed: 'b', ...options }),
  };
}

test('the next owner asks the missing seats only, and their ballots count under their own keys', async () => {
  const asked: string[] = [];
  const { a, b } = twoNodes(['b']);
  void a.deliberate();
  // Its clock stands still from here on, as that of a node that was killed.
  await a.pass(100);
  for (const { seat } of b.terms.roster)
    b.tap(seat, (message, behind) => {
      if (message.type === 'ballot-request') asked.push(seat);
      behind.tell(message);
    });
  const deliberated = b.deliberate();
  await b.pass(500);
  const { outcome, ballots } = await deliberated;
  assert.is(outcome, 'approved');
  assert.equal([...asked].sort(), [...QUIET].sort());
  for (const { body, keyId } of ballots) {
    assert.is(keyId, keyOf(QUIET.includes(body.seat) ? 'b' : 'a', body.seat).keyId, body.seat);
  }
  assert.is(new Set(ballots.map(({ body }) => body.seat)).size, 12);
  await b.end();
  await a.end();
});

test('seats of a node whose keys were not frozen do not sign', async () => {
  const { a, b } = twoNodes([]);
  void a.deliberate();
  await a.pass(100);
  const deliberated = b.deliberate();
  await b.pass(5_000);
  const { outcome, tally } = await deliberated;
  assert.equal([outcome, [...tally.absent].sort()], ['held', [...QUIET].sort()]);
  await b.end();
  await a.end();
});

test('in round 2 a seat revises the ballot that the same seat cast on another node', async () => {
  // Truth finds against it on node b, narrowly: round 2 is held, over ballots of both nodes.
  const doubtful = () => ({ scoreBp: 1_000, confidenceBp: 9_000 });
  const { a, b } = twoNodes(['b'], { judges: { truth: doubtful, justice: doubtful, wisdom: doubtful } });
  void a.deliberate();
  await a.pass(100);
  const deliberated = b.deliberate();
  await b.pass(5_000);
  const { rounds, ballots, tally } = await deliberated;
  assert.is(rounds, 2);
  assert.equal([...tally.absent], []);
  const revised = ballots.filter(({ body }) => body.round === 2);
  assert.ok(
    revised.some(({ body }) => !QUIET.includes(body.seat)),
    'one that node a had cast',
  );
  for (const { body, keyId } of revised) assert.is(keyId, keyOf('b', body.seat).keyId, body.seat);
  await b.end();
  await a.end();
});
