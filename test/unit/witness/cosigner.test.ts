/** The actor that vouches: memory before signature, concurrency, faults of its store, forks, and garbage. */
import fc from 'fast-check';
import { spawnCosigner } from '../../../agents/platform/audit/witness/cosigner.ts';
import type { CosignerMessage } from '../../../agents/platform/audit/witness/cosigner-messages.ts';
import { WitanError } from '../../../contracts/errors.ts';
import { signatureState, parseOpenCheckpoint } from '../../../contracts/ledger/tlog/open-checkpoint.ts';
import { NodeWitness } from '../../../runtime/host/services/log/node-witness.ts';
import { start, stop } from '../../../runtime/kernel/index.ts';
import type { ActorRef, ActorSystem } from '../../../runtime/kernel/index.ts';
import type { LedgerEntryInput } from '../../../runtime/kernel/ports/ledger.ts';
import type { WitnessStorePort } from '../../../runtime/kernel/ports/witness/witness-store.ts';
import { MemoryWitnessStore } from '../../../runtime/store/witness/memory-witness-store.ts';
import { spawnSupervisor } from '../../../supervisors/supervisor.ts';
import type { WitnessReply } from '../../../transport/door/log-backend.ts';
import { assert, suite } from '../../harness.ts';
import { CRYPTO, ScriptedLog, WITNESS } from './scripted-log.ts';

const test = suite('cosigner', { limitMs: 120_000 });

interface Rig {
  readonly system: ActorSystem;
  readonly door: NodeWitness;
  readonly recorded: LedgerEntryInput[];
  ask(text: string): Promise<WitnessReply>;
}

async function withRig(
  store: WitnessStorePort,
  logs: readonly ScriptedLog[],
  body: (rig: Rig) => Promise<void>,
) {
  const system = start({ node: 'test' });
  const recorded: LedgerEntryInput[] = [];
  const ledger = {
    append: async (entry: LedgerEntryInput) => {
      recorded.push(entry);
      return undefined as never;
    },
  };
  const ports = {
    store,
    ledger,
    clock: {
      ...system.clock,
      wallMs: () => 1_700_000_000_500,
      monotonicMs: () => 0,
      setTimer: system.clock.setTimer,
    },
    crypto: CRYPTO,
    telemetry: { count: () => undefined },
    logs: logs.map((log) => log.signer.key),
    signers: () => [WITNESS],
  };
  const audit = {
    id: 'audit',
    start: (parent: Parameters<typeof spawnSupervisor>[0]) =>
      spawnSupervisor(parent, 'audit', {
        children: [{ id: 'cosigner', start: (above) => spawnCosigner(above, ports) }],
      }),
  };
  spawnSupervisor(system.root, 'platform', { children: [audit] });
  const door = new NodeWitness({ system, store });
  try {
    await body({ system, door, recorded, ask: (text) => door.addCheckpoint(text) });
  } finally {
    await system.stop({ graceMs: 0 });
  }
}

test('vouches once memory is durable; the signature names the time and verifies', async () => {
  const log = new ScriptedLog().grow(12);
  const order: string[] = [];
  const inner = new MemoryWitnessStore();
  const store: WitnessStorePort = Object.assign(Object.create(inner) as WitnessStorePort, {
    saveHead: async (head: Parameters<WitnessStorePort['saveHead']>[0]) => {
      await inner.saveHead(head);
      order.push('saved');
    },
    saveNote: async (origin: string, note: string) => {
      order.push('signed');
      await inner.saveNote(origin, note);
    },
    head: (origin: string) => inner.head(origin),
    keepEvidence: inner.keepEvidence.bind(inner),
  });
  await withRig(store, [log], async ({ ask }) => {
    const reply = await ask(log.requestText(0, 7));
    assert.is(reply.status, 200);
    const cosigned = parseOpenCheckpoint(log.note(7) + reply.text);
    const state = signatureState(cosigned, WITNESS.key, CRYPTO);
    assert.equal(state, { state: 'good', timestampS: 1_700_000_000 });
    assert.equal(order, ['saved', 'signed']);
    // The same again: a new signature over what is remembered already.
    assert.is((await ask(log.requestText(7, 7))).status, 200);
    assert.equal(order, ['saved', 'signed', 'signed']);
  });
});

test('409 names the size in the media type of the specification', async () => {
  const log = new ScriptedLog().grow(12);
  await withRig(new MemoryWitnessStore(), [log], async ({ ask }) => {
    await ask(log.requestText(0, 7));
    const reply = await ask(log.requestText(0, 12));
    assert.equal(reply, { status: 409, mediaType: 'text/x.tlog.size', text: '7\n' });
    assert.is((await ask(log.requestText(7, 12))).status, 200);
  });
});

test('of two histories offered at the same moment one is vouched for, whichever comes first', async () => {
  const log = new ScriptedLog().grow(8);
  const fork = new ScriptedLog().grow(8, 'other');
  const store = new MemoryWitnessStore();
  await withRig(store, [log], async ({ ask, recorded }) => {
    const texts = Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? log : fork).requestText(0, 8));
    const replies = await Promise.all(texts.map(ask));
    const vouched = replies.map(({ status }, at) => (status === 200 ? at : -1)).filter((at) => at >= 0);
    assert.equal(vouched, [0]);
    assert.ok(replies.slice(1).every(({ status }) => status === 409));
    // The pair is kept once, as the log's own signed words, and told of once.
    const evidence = await store.evidence();
    assert.is(evidence.length, 1);
    assert.is(evidence[0]!.kind, 'same-size');
    assert.ok(evidence[0]!.first.startsWith(log.note(8).slice(0, 60)));
    assert.not.equal(evidence[0]!.first, evidence[0]!.second);
    assert.is(recorded.length, 1);
    assert.is((recorded[0]!.payload as { event: string }).event, 'log-fork');
  });
});

test('two readers who were shown two views: the witness that vouched for one refuses the other', async () => {
  const shownToA = new ScriptedLog().grow(30).grow(10, 'for A');
  const shownToB = new ScriptedLog().grow(30).grow(12, 'for B');
  await withRig(new MemoryWitnessStore(), [shownToA], async ({ ask, door }) => {
    assert.is((await ask(shownToA.requestText(0, 40))).status, 200);
    // B's view is larger, so a proof from A's would be needed: there is none.
    assert.is((await ask(shownToB.requestText(40, 42))).status, 422);
    assert.is((await ask(shownToB.requestText(0, 42))).status, 409);
    // Both readers ask the witness, and B sees that its own checkpoint is not the one.
    const { createHash } = await import('node:crypto');
    const hash = createHash('sha256').update(shownToA.origin).digest('hex');
    const seen = parseOpenCheckpoint(await door.checkpoint(hash));
    assert.is(seen.root, parseOpenCheckpoint(shownToA.note(40)).root);
  });
});

test('what strangers append to a note is neither kept nor served again', async () => {
  const log = new ScriptedLog().grow(3);
  const store = new MemoryWitnessStore();
  await withRig(store, [log], async ({ ask }) => {
    const junk = '— someone.example/else AAAAAAAAAAAA\n';
    assert.is((await ask(log.requestText(0, 3) + junk)).status, 200);
    const head = await store.head(log.origin);
    assert.not.match(head!.note, /someone/);
  });
});

test('a store that fails gives no signature, and the next request reads what is really there', async () => {
  const log = new ScriptedLog().grow(12);
  const store = new MemoryWitnessStore();
  let fault: WitanError | undefined = new WitanError('storage_failed', 'no room', {});
  const saveHead = store.saveHead.bind(store);
  store.saveHead = async (head) => {
    // The worst case: on the disk, and reported as failed.
    await saveHead(head);
    if (fault) throw fault;
  };
  await withRig(store, [log], async ({ ask }) => {
    const reply = await ask(log.requestText(0, 7));
    assert.is(reply.status, 503);
    assert.not.match(reply.text, /—/);
    fault = undefined;
    assert.equal(await ask(log.requestText(0, 9)), {
      status: 409,
      mediaType: 'text/x.tlog.size',
      text: '7\n',
    });
    assert.is((await ask(log.requestText(7, 9))).status, 200);
  });
});

test('10,000 malformed bodies: each is answered, none is vouched for, memory stays', async () => {
  const log = new ScriptedLog().grow(40);
  const store = new MemoryWitnessStore();
  await withRig(store, [log], async ({ ask }) => {
    await ask(log.requestText(0, 20));
    const before = await store.head(log.origin);
    const good = log.requestText(20, 40);
    const cut = fc.tuple(fc.nat(good.length - 1), fc.nat(good.length - 1)).map(([left, right]) => {
      const [from, to] = [Math.min(left, right), Math.max(left, right) + 1];
      return good.slice(0, from) + good.slice(to);
    });
    const flipped = fc
      .tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 0x10ffff }))
      .map(([at, code]) => good.slice(0, at) + String.fromCodePoint(code % 0xd7ff || 1) + good.slice(at + 1))
      .filter((text) => text !== good);
    const lines = good.split('\n');
    const shuffled = fc
      .array(fc.constantFrom(...lines), { maxLength: 20 })
      .map((some) => some.join('\n'))
      .filter((text) => text !== good);
    const anything = fc.oneof(cut, flipped, shuffled, fc.string(), fc.constant('x'.repeat(200_000)));
    const seen = new Set<number>();
    await fc.assert(
      fc.asyncProperty(anything, async (text) => {
        const { status } = await ask(text);
        seen.add(status);
        assert.ok([400, 403, 404, 409, 422].includes(status), `${status}: ${JSON.stringify(text)}`);
      }),
      { numRuns: 10_000 },
    );
    assert.equal(await store.head(log.origin), before);
    assert.ok(
      [400, 403, 404].every((status) => seen.has(status)),
      [...seen].join(),
    );
    assert.is((await ask(good)).status, 200);
  });
});

test('a cosigner that is gone is an error at the door, never an answer', async () => {
  const log = new ScriptedLog().grow(3);
  await withRig(new MemoryWitnessStore(), [log], async ({ system, ask }) => {
    stop(system.resolve('/platform') as ActorRef<CosignerMessage>);
    const error = await ask(log.requestText(0)).then(
      () => undefined,
      (thrown: unknown) => thrown as WitanError,
    );
    assert.ok(['stopped', 'deadline_exceeded'].includes(error?.code ?? ''), String(error));
  });
});
