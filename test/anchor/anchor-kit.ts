/** What tests of the anchor share: a log, a key, a lane on a scripted chain, a clock that is moved by hand. */
import { Transaction } from 'ethers';
import { leafHashOf } from '../../contracts/ledger/tree/merkle.ts';
import { MerkleTree } from '../../contracts/ledger/tree/merkle-tree.ts';
import { checkpointText } from '../../contracts/ledger/checkpoint.ts';
import { toHex, utf8 } from '../../contracts/ledger/bytes.ts';
import { sha256 } from '../../runtime/kernel/crypto/digest.ts';
import type { AnchoredLog } from '../../agents/platform/audit/anchor/anchored-log.ts';
import { AnchorLane } from '../../agents/platform/audit/anchor/lane/anchor-lane.ts';
import { guardedChain } from '../../agents/platform/audit/anchor/lane/guarded-chain.ts';
import type { LaneParts, LaneRules } from '../../agents/platform/audit/anchor/lane/lane-parts.ts';
import { CircuitBreaker } from '../../supervisors/circuit-breaker.ts';
import { SimClock } from '../../runtime/kernel/sim/sim-clock.ts';
import type { Clock } from '../../runtime/kernel/clock.ts';
import type { AnchorSigner, ChainPort } from '../../runtime/kernel/ports/chain/chain.ts';
import type { NumberedTexts, OutboxPort } from '../../runtime/kernel/ports/outbox.ts';
import { MemoryOutbox, MemoryTexts } from '../../runtime/store/outbox/memory-outbox.ts';
import { devAccount } from '../../runtime/host/chain/dev-accounts.ts';
import { keccak, ScriptedChain } from './scripted-chain.ts';

/** A log in memory whose notes carry no real signature. */
export class TestLog implements AnchoredLog {
  readonly origin: string;
  readonly #tree = new MerkleTree(sha256);
  readonly #salt: string;

  constructor(origin = 'witan/test', salt = '') {
    this.origin = origin;
    this.#salt = salt;
  }

  add(count: number): void {
    for (let made = 0; made < count; made += 1)
      this.#tree.append(leafHashOf(utf8(`${this.#salt}entry ${this.#tree.size}`), sha256));
  }

  size(): number {
    return this.#tree.size;
  }

  rootOf(size: number): string {
    return toHex(this.#tree.root(size));
  }

  async checkpoint(): Promise<{ size: number; root: string; note: string }> {
    const size = this.#tree.size;
    const root = this.rootOf(size);
    const text = checkpointText({ logId: this.origin, size, root, chainHash: `sha256:${'0'.repeat(64)}` });
    return { size, root, note: `${text}\n— ${this.origin} ${'A'.repeat(92)}\n` };
  }

  async consistency(fromSize: number, toSize: number): Promise<string[]> {
    return this.#tree.consistencyProof(fromSize, toSize).map(toHex);
  }

  async inclusion(index: number, size: number): Promise<string[]> {
    return this.#tree.inclusionProof(index, size).map(toHex);
  }

  async leafHash(index: number): Promise<string> {
    return toHex(this.#tree.leaf(index));
  }
}

const wallet = devAccount(1);

/** Signs with the second account of a dev chain. */
export const TEST_SIGNER: AnchorSigner = {
  address: wallet.address,
  sign: async ({ chainId, nonce, to, data, gasLimit, maxFeeWei, tipWei }) => {
    const fees = { maxFeePerGas: maxFeeWei, maxPriorityFeePerGas: tipWei };
    const raw = await wallet.signTransaction({ type: 2, chainId, nonce, to, data, gasLimit, ...fees });
    return { raw, hash: Transaction.from(raw).hash! };
  },
};

/** Rules under which a batch is closed at ten entries or a second. */
export const TEST_RULES: LaneRules = {
  batch: { maxEntryCount: 10, maxAgeMs: 1_000 },
  step: { stuckMs: 30_000, againMs: 5_000, maxReplacementCount: 5, disbeliefCount: 3 },
  fee: { maxFeeWei: 100_000_000_000n, minTipWei: 1n, dailyBudgetWei: 10n ** 18n },
  compactAboveCount: 12,
};

/** A lane that runs, and everything around it. */
export interface Bench {
  readonly chain: ScriptedChain;
  readonly clock: SimClock;
  readonly log: TestLog;
  readonly outbox: OutboxPort;
  readonly texts: NumberedTexts;
  readonly told: { readonly level: string; readonly message: string }[];
  lane: AnchorLane;
  /** A lane of another process, on the same outbox. */
  restart(): AnchorLane;
  /** Turns, with time between them. */
  turns(count: number, everyMs?: number): Promise<void>;
}

/** What may differ. */
export interface BenchOptions {
  readonly rules?: Partial<{
    [Part in Exclude<keyof LaneRules, 'compactAboveCount'>]: Partial<LaneRules[Part]>;
  }>;
  readonly chain?: ScriptedChain;
  readonly outbox?: OutboxPort;
  readonly logs?: readonly TestLog[];
  readonly parts?: Partial<LaneParts>;
}

/** Settings that tests may override, part by part. */
export function rulesWith(rules: BenchOptions['rules'] = {}): LaneRules {
  return {
    batch: { ...TEST_RULES.batch, ...rules.batch },
    step: { ...TEST_RULES.step, ...rules.step },
    fee: { ...TEST_RULES.fee, ...rules.fee },
    compactAboveCount: TEST_RULES.compactAboveCount,
  };
}

/** The chain as a lane sees it. */
export function guarded(
  chain: ChainPort,
  clock: Clock,
  callMs = 1_000,
): Pick<LaneParts, 'chain' | 'breaker'> {
  const breaker = new CircuitBreaker({ clock, name: 'chain', windowMs: 60_000, minCalls: 3 });
  return { chain: guardedChain(chain, { clock, breaker, callMs }), breaker };
}

/** A lane on a scripted chain with a log of no entries. */
export function bench(options: BenchOptions = {}): Bench {
  const chain = options.chain ?? new ScriptedChain();
  const clock = new SimClock();
  const logs = options.logs ?? [new TestLog()];
  const outbox = options.outbox ?? new MemoryOutbox();
  const texts = new MemoryTexts();
  const told: Bench['told'][number][] = [];
  const made = (): AnchorLane =>
    new AnchorLane({
      name: 'scripted',
      ...guarded(chain, clock),
      signer: TEST_SIGNER,
      contract: chain.contract,
      expected: { chainId: chain.chainId },
      logs,
      outbox,
      receipts: () => texts,
      clock,
      crypto: { keccak256: keccak, sha256 },
      rules: rulesWith(options.rules),
      onStep: () => undefined,
      isHeld: () => true,
      tell: (level, message) => void told.push({ level, message }),
      ...options.parts,
    });
  const kit: Bench = {
    chain,
    clock,
    log: logs[0]!,
    outbox,
    texts,
    told,
    lane: made(),
    restart: () => (kit.lane = made()),
    async turns(count, everyMs = 1_000) {
      for (let done = 0; done < count; done += 1) {
        await inVirtualTime(kit.lane.turn(), clock);
        clock.advance(everyMs);
      }
    },
  };
  return kit;
}

/** Waits for work that may itself wait for the clock: time moves on when nothing else does. */
export async function inVirtualTime<T>(work: Promise<T>, clock: SimClock): Promise<T> {
  let isDone = false;
  const settled = work.finally(() => (isDone = true));
  for (let idle = 0; !isDone; idle += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (idle % 50 === 49) clock.advance(250);
  }
  return settled;
}
