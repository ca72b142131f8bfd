/** Seeds of faults: whatever the bus does, order holds, nothing arrives twice, and every ask ends once. */
import { query, spawnStateless } from '../../runtime/kernel/index.ts';
import type { ActorRef } from '../../runtime/kernel/index.ts';
import { SeededRandom } from '../../runtime/kernel/index.ts';
import { assert, suite } from '../harness.ts';
import type { Fate } from './remote/fault-bus.ts';
import { Rig } from './remote/rig.ts';
import type { RigNode } from './remote/rig.ts';

const test = suite('remote actors under faults');

interface Numbered {
  readonly from: string;
  readonly n: number;
  readonly replyTo?: ActorRef<string>;
}

const NAMES = ['a', 'b', 'c'] as const;
const SEEDS = Array.from({ length: Number(process.env['SEEDS'] ?? 25) }, (_, at) => at + 1);

function fate(random: SeededRandom): Fate {
  const roll = random.next();
  if (roll < 0.06) return 'drop';
  if (roll < 0.12) return 'twice';
  if (roll < 0.14) return 'throw';
  return roll < 0.3 ? { delayMs: random.below(40) } : 'pass';
}

async function run(seed: number): Promise<void> {
  const rig = new Rig(seed);
  const random = new SeededRandom(seed);
  const nodes = new Map<string, RigNode>();
  const got = new Map<string, number[]>();
  for (const name of NAMES) {
    const node = await rig.node(name);
    node.bus.decide = () => fate(random);
    nodes.set(name, node);
    spawnStateless(
      node.system,
      ({ from, n, replyTo }: Numbered) => {
        const pair = `${from}>${name}`;
        got.set(pair, [...(got.get(pair) ?? []), n]);
        replyTo?.tell(`${pair} ${n}`);
      },
      'note',
    );
  }
  const ends: string[] = [];
  const asks: Promise<void>[] = [];
  for (let n = 1; n <= 150; n += 1) {
    const from = NAMES[random.below(3)]!;
    const to = NAMES[(NAMES.indexOf(from) + 1 + random.below(2)) % 3]!;
    const { system, remoting } = nodes.get(from)!;
    const ref = remoting.ref<Numbered>(to, '/note');
    if (random.next() < 0.5) ref.tell({ from, n });
    else {
      const options = { timeoutMs: 20 + random.below(200), via: system };
      const ask = query<Numbered, string>(ref, (replyTo) => ({ from, n, replyTo }), options);
      asks.push(
        ask.then(
          (answer) => {
            assert.is(answer, `${from}>${to} ${n}`);
            ends.push('answered');
          },
          (error: { code: string }) => {
            assert.ok(['deadline_exceeded', 'unavailable'].includes(error.code), error.code);
            ends.push(error.code);
          },
        ),
      );
    }
    if (random.next() < 0.4) await rig.sim.advance(random.below(10));
  }
  await rig.sim.advance(1_000);
  await Promise.all(asks);
  assert.is(ends.length, asks.length);
  assert.ok(ends.includes('answered'));
  for (const [pair, numbers] of got) {
    const ordered = numbers.every((n, at) => at === 0 || n > numbers[at - 1]!);
    assert.ok(ordered, `seed ${seed}: ${pair} got ${numbers.join(' ')}`);
  }
  for (const { remoting } of nodes.values()) assert.is(remoting.openAskCount, 0);
  await settleCounters(rig, [...nodes.values()]);
}

/** A last batch from each to each shows the gaps that were left: what was sent came, or is lost. */
async function settleCounters(rig: Rig, nodes: readonly RigNode[]): Promise<void> {
  for (const node of nodes) {
    node.bus.decide = () => 'pass';
    for (const name of NAMES)
      if (name !== node.system.node) node.remoting.ref(name, '/note').tell({ from: 'end', n: 0 });
  }
  await rig.settle();
  const sum = (pick: (counters: RigNode['remoting']['counters']) => number): number =>
    nodes.reduce((total, { remoting }) => total + pick(remoting.counters), 0);
  const failed = nodes.reduce((total, { bus }) => total + bus.count - bus.published.length, 0);
  const sent = sum(({ batchesSent }) => batchesSent) + failed;
  const fresh = sum(({ batchesReceived, batchesRepeated }) => batchesReceived - batchesRepeated);
  assert.is(fresh + sum(({ batchesLost }) => batchesLost), sent);
}

test(`order, at most once, every ask ends: ${SEEDS.length} seeds`, async () => {
  for (const seed of SEEDS) await run(seed);
});
