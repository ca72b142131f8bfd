/** The publisher of checkpoints: what it asks witnesses, what it publishes without them, what it finds out. */
import { spawnCosigner } from '../../../agents/platform/audit/witness/cosigner.ts';
import { spawnWitness } from '../../../agents/platform/audit/witness/witness-actor.ts';
import type {
  PublishedCheckpoint,
  WitnessMessage,
  WitnessReport,
} from '../../../agents/platform/audit/witness/witness-messages.ts';
import { WitanError } from '../../../contracts/errors.ts';
import { toHex, utf8 } from '../../../contracts/ledger/bytes.ts';
import { encodeNoteKey, NOTE_KEY_TYPES } from '../../../contracts/ledger/tlog/note-key.ts';
import { parseOpenCheckpoint } from '../../../contracts/ledger/tlog/open-checkpoint.ts';
import { hasQuorum, parseTrustPolicy, witnessesOf } from '../../../contracts/ledger/tlog/trust-policy.ts';
import { NodeWitness } from '../../../runtime/host/services/log/node-witness.ts';
import { originHash } from '../../../runtime/store/witness/file-witness-store.ts';
import { query, start } from '../../../runtime/kernel/index.ts';
import type { ActorRef, ActorSystem } from '../../../runtime/kernel/index.ts';
import type { HttpAnswer, HttpOutPort, HttpRequest } from '../../../runtime/kernel/ports/http-out.ts';
import type { LedgerCheckpoint } from '../../../runtime/kernel/ports/ledger.ts';
import { MemoryWitnessStore } from '../../../runtime/store/witness/memory-witness-store.ts';
import { SimClock } from '../../../runtime/kernel/sim/sim-clock.ts';
import { spawnSupervisor } from '../../../supervisors/supervisor.ts';
import { assert, suite } from '../../harness.ts';
import { advance, settle } from '../../sim-time.ts';
import { CRYPTO, keyOf, ScriptedLog } from './scripted-log.ts';

const test = suite('publisher of checkpoints', { limitMs: 60_000 });
const TIMES = { everyMs: 1_000, timeoutMs: 2_000, staleMs: 10_000 };

/** Witnesses behind a scripted network: by name, each a real cosigner or a fault. */
class Network implements HttpOutPort {
  readonly asked: HttpRequest[] = [];
  readonly down = new Set<string>();
  readonly answers = new Map<string, (request: HttpRequest) => HttpAnswer>();
  readonly doors = new Map<string, NodeWitness>();

  async send(request: HttpRequest): Promise<HttpAnswer> {
    this.asked.push(request);
    const url = new URL(request.url);
    const name = url.hostname.split('.')[0]!;
    if (this.down.has(name)) throw new WitanError('unavailable', `${name} does not answer`, {});
    const scripted = this.answers.get(name);
    if (scripted) return scripted(request);
    const door = this.doors.get(name)!;
    if (request.method === 'GET') {
      const note = await door.checkpoint(url.pathname.split('/')[1]!).catch(() => undefined);
      return { status: note === undefined ? 404 : 200, headers: {}, body: utf8(note ?? '') };
    }
    const { status, mediaType, text } = await door.addCheckpoint(new TextDecoder().decode(request.body));
    return { status, headers: { 'content-type': mediaType }, body: utf8(text) };
  }
}

interface Rig {
  readonly system: ActorSystem;
  readonly clock: SimClock;
  readonly network: Network;
  readonly log: ScriptedLog;
  readonly store: MemoryWitnessStore;
  readonly stores: ReadonlyMap<string, MemoryWitnessStore>;
  readonly gauges: Map<string, number>;
  readonly policyText: string;
  /** Another history takes the place of the log's. */
  become(other: ScriptedLog): void;
  published(size?: number): Promise<PublishedCheckpoint>;
  report(): Promise<WitnessReport>;
}

const signers = ['w1', 'w2', 'w3'].map((name) => keyOf(`${name}.example/w`, NOTE_KEY_TYPES.cosignature));

async function withRig(rules: string, body: (rig: Rig) => Promise<void>): Promise<void> {
  const clock = new SimClock();
  const system = start({ node: 'test', clock });
  const network = new Network();
  const stores = new Map<string, MemoryWitnessStore>();
  let log = new ScriptedLog();
  const lines = signers.map((signer, at) => {
    const name = `w${at + 1}`;
    const store = new MemoryWitnessStore();
    stores.set(name, store);
    const ports = {
      store,
      ledger: { append: async () => undefined as never },
      clock,
      crypto: CRYPTO,
      telemetry: { count: () => undefined },
      logs: [log.signer.key],
      signers: () => [signer],
    };
    const cosigner = spawnCosigner(spawnSupervisor(system.root, name, { children: [] }), ports);
    const own = Object.assign(Object.create(system) as ActorSystem, { resolve: () => cosigner });
    network.doors.set(name, new NodeWitness({ system: own, store }));
    return `witness ${name} ${encodeNoteKey(signer.key, CRYPTO.sha256)} https://${name}.example/`;
  });
  const policyText = [...lines, rules, ''].join('\n');
  const gauges = new Map<string, number>();
  const store = new MemoryWitnessStore();
  const ledger = {
    size: () => log.tree.size,
    append: async () => undefined as never,
    consistency: async (from: number, to: number) => log.tree.consistencyProof(from, to).map(toHex),
    checkpoint: async (): Promise<LedgerCheckpoint> => ({
      logId: log.origin,
      size: log.tree.size,
      root: toHex(log.tree.root()),
      chainHash: '',
      note: log.note(),
    }),
  };
  const witness = spawnWitness(system.root, {
    ledger,
    store,
    clock,
    http: network,
    crypto: CRYPTO,
    telemetry: { count: () => undefined, gauge: (name, value) => void gauges.set(name, value) },
    policy: parseTrustPolicy(policyText, CRYPTO.sha256),
    ownKeys: () => [log.signer.key],
    settings: TIMES,
  });
  const ask = <R>(make: (replyTo: ActorRef<R>) => WitnessMessage): Promise<R> =>
    query(witness, make, { timeoutMs: 100_000 });
  try {
    await body({
      system,
      clock,
      network,
      log,
      store,
      stores,
      gauges,
      policyText,
      become: (other) => (log = other),
      published: (size = 0) => ask<PublishedCheckpoint>((replyTo) => ({ type: 'published', size, replyTo })),
      report: () => ask<WitnessReport>((replyTo) => ({ type: 'report', replyTo })),
    });
  } finally {
    await system.stop({ graceMs: 0 });
  }
}

/** Lets rounds run: their signatures take turns of the loop. */
async function rounds(clock: SimClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    await advance(clock, 500);
    for (let turn = 0; turn < 5; turn += 1) await settle();
  }
}

const TWO_OF_THREE = 'group g 2 w1 w2 w3\nquorum g';

test('a checkpoint is published with the cosignatures of all; the next one by proof from the last', async () => {
  await withRig(TWO_OF_THREE, async ({ clock, log, network, published, policyText, gauges }) => {
    log.grow(5);
    await rounds(clock, 2_000);
    const first = await published(5);
    assert.ok(first.hasQuorum);
    assert.equal([...first.witnesses].sort(), ['w1', 'w2', 'w3']);
    const policy = parseTrustPolicy(policyText, CRYPTO.sha256);
    assert.ok(hasQuorum(policy, witnessesOf(parseOpenCheckpoint(first.note), policy, CRYPTO).good));
    log.grow(7);
    network.asked.length = 0;
    await rounds(clock, 2_000);
    assert.is((await published(12)).size, 12);
    // The witness's size is known now: one request each.
    assert.is(network.asked.length, 3);
    assert.ok(network.asked.every(({ body }) => new TextDecoder().decode(body).startsWith('old 5\n')));
    assert.is(gauges.get('witness_quorum'), 1);
    network.asked.length = 0;
    await rounds(clock, 5_000);
    assert.is(network.asked.length, 0, 'a log that does not grow asks nobody');
  });
});

test('one witness down: the quorum holds; two down: the last with a quorum stands, then the newest goes out', async () => {
  await withRig(TWO_OF_THREE, async ({ clock, log, network, published, report, gauges }) => {
    log.grow(5);
    network.down.add('w3');
    await rounds(clock, 2_000);
    assert.ok((await published(5)).hasQuorum);
    network.down.add('w2');
    log.grow(1);
    await rounds(clock, 3_000);
    const held = await published();
    assert.equal([held.size, held.hasQuorum], [5, true]);
    assert.is(gauges.get('witness_quorum'), 0);
    assert.is(gauges.get('witness_lag'), 1);
    const { witnesses, hasQuorum: met } = await report();
    assert.not.ok(met);
    assert.match(witnesses.find(({ name }) => name === 'w2')!.fault!, /unavailable|circuit_open/);
    await rounds(clock, 12_000);
    const stale = await published();
    assert.equal([stale.size, stale.hasQuorum], [6, false]);
    network.down.clear();
    await rounds(clock, 70_000);
    assert.ok((await published(6)).hasQuorum, 'back again, without a restart');
  });
});

test('a witness that answers garbage holds nobody up and is asked less and less', async () => {
  await withRig('quorum w1', async ({ clock, log, network, published, report }) => {
    network.answers.set('w2', () => ({ status: 200, headers: {}, body: utf8('— w2.example/w AAAA\n') }));
    network.answers.set('w3', () => ({ status: 409, headers: {}, body: utf8('busy') }));
    for (let at = 0; at < 20; at += 1) {
      log.grow(1);
      await rounds(clock, 1_000);
    }
    const checkpoint = await published(20);
    assert.ok(checkpoint.hasQuorum);
    assert.equal(checkpoint.witnesses, ['w1']);
    const { witnesses } = await report();
    assert.is(witnesses.find(({ name }) => name === 'w1')!.circuit, 'closed');
    assert.is.not(witnesses.find(({ name }) => name === 'w2')!.circuit, 'closed');
    const asked = network.asked.filter(({ url }) => url.includes('w2.')).length;
    assert.ok(asked < 12, `asked ${asked} times`);
  });
});

test('a cosignature by another key than the pinned one does not count', async () => {
  await withRig('quorum w1', async ({ clock, log, network, published, stores }) => {
    log.grow(4);
    const imposter = network.doors.get('w2')!;
    network.doors.set('w1', imposter);
    await rounds(clock, 2_000);
    const checkpoint = await published(4);
    assert.not.ok(checkpoint.hasQuorum);
    assert.not.ok(checkpoint.witnesses.includes('w1'));
    assert.is((await stores.get('w2')!.head(log.origin))!.size, 4);
  });
});

test('a log put back to an older state is told by its witness: the signed pair is kept', async () => {
  await withRig('quorum w1', async ({ clock, log, published, become, store, report }) => {
    log.grow(10);
    await rounds(clock, 2_000);
    await published(10);
    // Restored from a backup, and then other entries.
    become(new ScriptedLog().grow(6).grow(2, 'after the restore'));
    await rounds(clock, 3_000);
    const [evidence] = await store.evidence();
    assert.is(evidence?.kind, 'rolled-back');
    assert.is(parseOpenCheckpoint(evidence!.first).size, 10);
    assert.is(parseOpenCheckpoint(evidence!.second).size, 8);
    const { witnesses } = await report();
    assert.match(witnesses[0]!.fault!, /another history/);
  });
});

test('a log rewritten behind its checkpoint is told by its witness, also when it has grown', async () => {
  await withRig('quorum w1', async ({ clock, log, published, become, store }) => {
    log.grow(10);
    await rounds(clock, 2_000);
    await published(10);
    become(new ScriptedLog().grow(9).grow(5, 'rewritten'));
    await rounds(clock, 3_000);
    const [evidence] = await store.evidence();
    assert.is(evidence?.kind, 'inconsistent');
    assert.ok(evidence!.proof.length > 0);
    assert.is(originHash(evidence!.origin).length, 64);
  });
});

test('whoever waits for a quorum is answered when it is there, and not before', async () => {
  await withRig('quorum w1', async ({ system, clock, log, network }) => {
    network.down.add('w1');
    log.grow(3);
    await rounds(clock, 2_000);
    let answered = false;
    const waiting = query(
      system.resolve('/witness') as ActorRef<WitnessMessage>,
      (replyTo: ActorRef<PublishedCheckpoint>) => ({ type: 'await-quorum' as const, size: 3, replyTo }),
      { timeoutMs: 500_000 },
    ).then((checkpoint) => {
      answered = true;
      return checkpoint;
    });
    await rounds(clock, 15_000);
    assert.not.ok(answered);
    network.down.clear();
    await rounds(clock, 70_000);
    assert.ok((await waiting).hasQuorum);
  });
});
