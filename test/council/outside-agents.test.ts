import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { toBase64Url, toHex } from '../../contracts/ledger/bytes.ts';
import { ballotDigest, ballotSigningBytes, evidenceDigest, keyIdOf } from '../../contracts/ledger/signing.ts';
import type { Ballot, BallotBody } from '../../contracts/messages/ballot.ts';
import type { Evidence } from '../../contracts/messages/evidence.ts';
import type { KeyId, SeatId } from '../../contracts/messages/ids.ts';
import { OutsideAgents } from '../../council/outside/outside-agents.ts';
import { OPEN_WORK_MAX_COUNT } from '../../council/outside/outside-agent.ts';
import { sha256 } from '../../runtime/kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../runtime/kernel/crypto/ed25519.ts';
import type { OutsideAgent, OutsideWork } from '../../runtime/kernel/ports/decision/outside-agents.ts';
import { assert, suite } from '../harness.ts';
import { barrier, CouncilRig, decisionOf, type RigOptions } from './rig.ts';

const test = suite('outside agents', { limitMs: 10_000 });

const PRINCIPAL = { id: 'key:partner', tenant: 'test', scopes: ['agent:serve'] };

/** A connected agent as a door would hold it. */
class Partner {
  readonly privateKey: KeyObject;
  readonly agent: OutsideAgent;
  readonly work: OutsideWork[] = [];
  readonly cancelled: string[] = [];
  readonly ends: string[] = [];
  hasRoom = true;

  constructor(changes: Partial<OutsideAgent> = {}) {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    this.privateKey = privateKey;
    const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
    this.agent = {
      agentId: 'partner',
      title: 'Partner',
      mandate: 'Knows plants.',
      publicKey: toHex(new Uint8Array(raw)),
      decisionTypes: [],
      ...changes,
    };
  }

  readonly stream = {
    onWork: (work: OutsideWork): boolean => this.hasRoom && this.work.push(work) > 0,
    onCancel: (decisionId: string): void => void this.cancelled.push(decisionId),
    onEnd: (reason: string): void => void this.ends.push(reason),
  };

  /** Ballot on work that was handed out. */
  ballot(work: OutsideWork, changes: Partial<BallotBody> = {}, evidence: Evidence[] = []): Ballot {
    const { agentId, publicKey } = this.agent;
    const body: BallotBody = {
      decisionId: work.decision.decisionId,
      sessionDigest: work.sessionDigest,
      decisionDigest: work.decision.digest,
      seat: agentId as SeatId,
      round: work.round,
      scoreBp: 1_000,
      confidenceBp: 9_000,
      applicable: true,
      veto: null,
      families: [],
      evaluators: [],
      evidenceDigest: evidenceDigest(evidence, sha256),
      previousBallot: work.previous ? ballotDigest(work.previous.body, sha256) : null,
      cites: [],
      calibration: 'uncalibrated',
      ...changes,
    };
    const keyId = keyIdOf(`outside/${agentId}`, Buffer.from(publicKey, 'hex'), sha256) as KeyId;
    const signature = toBase64Url(sign(null, ballotSigningBytes(body), this.privateKey));
    return { body, evidence, keyId, signature };
  }
}

interface Scene {
  readonly rig: CouncilRig;
  readonly outside: OutsideAgents;
  readonly partner: Partner;
}

async function withPartner(
  options: RigOptions,
  body: (scene: Scene) => Promise<void>,
  partner = new Partner(),
): Promise<void> {
  const outside: OutsideAgents = new OutsideAgents({
    crypto: { sha256, verifyEd25519 },
    parent: () => rig.system.find('/council/external'),
    seats: ['guardian'],
    advise: (ballot) => rig.council.tell(ballot),
  });
  const rig: CouncilRig = new CouncilRig({ ...options, council: { ...options.council, outside } });
  await rig.settle();
  try {
    await body({ rig, outside, partner });
  } finally {
    await rig.end();
  }
}

async function code(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'none',
    (error: unknown) => String((error as { code?: unknown }).code),
  );
}

test('an agent is handed the decision, and its ballot is shown and recorded but not tallied', () =>
  withPartner({}, async ({ rig, outside, partner }) => {
    const registered = await outside.register(partner.agent, PRINCIPAL, partner.stream);
    assert.is(rig.system.find('/council/external/test.partner') !== undefined, true);
    const asked = rig.deliberate();
    await rig.settle();
    const { tally } = await asked;
    assert.is(partner.work.length, 1);
    assert.equal(partner.work[0]!.peers, []);
    await registered.cast(partner.ballot(partner.work[0]!, { scoreBp: 0, confidenceBp: 10_000 }));
    await rig.settle();
    assert.equal([tally.totalWeightBp, tally.ballotCount], [11_000, 12]);
    assert.equal(
      rig.eventsOf('advisory-ballot').map(({ agent, round }) => [agent, round]),
      [['partner', 1]],
    );
    assert.equal(
      rig.incidents.map(({ kind, seat }) => [kind, seat]),
      [['advisory-ballot', 'partner']],
    );
  }));

test('round 1 is sealed; round 2 hands over structure without prose and the agent’s own ballot', () => {
  const critical = { scoreBp: 0, code: 'guardian.test', critical: true, reasons: ['a secret sentence'] };
  const held = barrier<Partial<Evidence>>();
  const judges = { guardian: () => critical, truth: () => held.promise };
  return withPartner({ judges }, async ({ rig, outside, partner }) => {
    const registered = await outside.register(partner.agent, PRINCIPAL, partner.stream);
    const asked = rig.deliberate();
    await rig.settle();
    const ballot = partner.ballot(partner.work[0]!);
    await registered.cast(ballot);
    held.open({});
    await rig.settle();
    await asked;
    const second = partner.work.find(({ round }) => round === 2);
    assert.ok(second, 'round 2 reaches the agent');
    assert.equal(second.previous, ballot);
    assert.ok(second.peers.length > 0);
    assert.not.match(JSON.stringify(second.peers), /secret sentence/);
    await registered.cast(partner.ballot(second, { scoreBp: 500 }));
    await rig.settle();
    assert.equal(
      rig.eventsOf('advisory-ballot').map(({ round }) => round),
      [1, 2],
    );
  });
});

test('what is not this agent’s own word on this work is refused, each with its code', () =>
  withPartner({}, async ({ rig, outside, partner }) => {
    const registered = await outside.register(partner.agent, PRINCIPAL, partner.stream);
    void rig.deliberate();
    await rig.settle();
    const [work] = partner.work;
    const sound = partner.ballot(work!);
    assert.is(await code(registered.cast({ ...sound, signature: 'A'.repeat(86) })), 'bad_signature');
    const stranger = new Partner({ publicKey: partner.agent.publicKey });
    assert.is(await code(registered.cast(stranger.ballot(work!))), 'bad_signature');
    assert.is(
      await code(registered.cast(partner.ballot(work!, { seat: 'guardian' as SeatId }))),
      'bad_signature',
    );
    const other = decisionOf(7);
    assert.is(
      await code(registered.cast(partner.ballot(work!, { decisionId: other.decisionId }))),
      'not_found',
    );
    assert.is(await code(registered.cast(partner.ballot(work!, { veto: 'made.up' }))), 'invalid_argument');
    assert.is(await code(registered.cast(partner.ballot(work!, { round: 2 }))), 'invalid_argument');
    assert.is(await code(registered.cast({} as Ballot)), 'not_found');
    assert.is(await code(registered.cast(sound)), 'none');
    assert.is(await code(registered.cast(sound)), 'already_exists');
    assert.is(rig.incidents.length, 1);
  }));

test('work goes to the tenant and the types that the agent asked for, and to nobody else', () =>
  withPartner({}, async ({ rig, outside, partner }) => {
    const foreign = new Partner({ agentId: 'foreign' });
    const loans = new Partner({ agentId: 'loans', decisionTypes: ['loan'] });
    await outside.register(foreign.agent, { ...PRINCIPAL, tenant: 'another' }, foreign.stream);
    await outside.register(loans.agent, PRINCIPAL, loans.stream);
    await outside.register(partner.agent, PRINCIPAL, partner.stream);
    void rig.deliberate();
    await rig.settle();
    assert.equal([foreign.work.length, loans.work.length, partner.work.length], [0, 0, 1]);
  }));

test('names of seats, malformed keys and a second connection are refused', () =>
  withPartner({}, async ({ outside, partner }) => {
    const register = (changes: Partial<OutsideAgent>): Promise<string> =>
      code(outside.register({ ...partner.agent, ...changes }, PRINCIPAL, partner.stream));
    assert.is(await register({ agentId: 'guardian' }), 'invalid_argument');
    assert.is(await register({ agentId: 'Not A Name' }), 'invalid_argument');
    assert.is(await register({ publicKey: 'ff' }), 'invalid_argument');
    assert.is(await register({}), 'none');
    assert.is(await register({}), 'already_exists');
  }));

test('when its time is over uncast work is cancelled, and a ballot on it comes too late', () =>
  withPartner({}, async ({ rig, outside, partner }) => {
    const registered = await outside.register(partner.agent, PRINCIPAL, partner.stream);
    void rig.deliberate();
    await rig.settle();
    const [work] = partner.work;
    await rig.pass(work!.budgetMs + 1);
    assert.equal(partner.cancelled, [rig.decision.decisionId]);
    assert.is(await code(registered.cast(partner.ballot(work!))), 'not_found');
  }));

test('a full or closed stream gets nothing, the council goes on, and the name is free again', () =>
  withPartner({}, async ({ rig, outside, partner }) => {
    partner.hasRoom = false;
    const registered = await outside.register(partner.agent, PRINCIPAL, partner.stream);
    const asked = rig.deliberate();
    await rig.settle();
    assert.is((await asked).outcome, 'approved');
    assert.is(partner.work.length, 0);
    registered.close();
    await rig.settle();
    assert.equal(partner.ends, [], 'whoever closed it knows');
    assert.is(outside.size, 0);
    const again = await outside.register(partner.agent, PRINCIPAL, partner.stream);
    await rig.system.stopActor('/council/external/test.partner');
    assert.equal(partner.ends, ['the node ended the registration']);
    assert.is(outside.size, 0);
    again.close();
  }));

test('an agent that never answers holds a bounded number of decisions', () =>
  withPartner({}, async ({ rig, outside, partner }) => {
    await outside.register(partner.agent, PRINCIPAL, partner.stream);
    for (let number = 1; number <= OPEN_WORK_MAX_COUNT + 5; number += 1) {
      void rig.deliberate(4_000, decisionOf(number + 100));
    }
    for (let turn = 0; turn < 20; turn += 1) await rig.settle();
    assert.is(partner.work.length, OPEN_WORK_MAX_COUNT);
  }));
