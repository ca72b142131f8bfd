/**
 * A chain in the process, with `AuditAnchor` on it, that does what a test tells it: reorganise, lie, hang,
 * lose transactions, grow dear. Blocks, receipts and their hashes are real, so proofs of it can be checked.
 */
import { keccak256, Transaction } from 'ethers';
import { ANCHOR_SELECTORS } from '../../contracts/chain/anchor-call.ts';
import { abiWord, fromHexData, toHexData } from '../../contracts/chain/proof/hex-data.ts';
import { proveReceipt } from '../../contracts/chain/proof/receipt-trie.ts';
import { encodeRlp, rlpNumber } from '../../contracts/chain/proof/rlp.ts';
import { WitanError } from '../../contracts/errors.ts';
import type {
  AnchoredHead,
  BroadcastOutcome,
  ChainCall,
  ChainEstimate,
  ChainFees,
  ChainHeader,
  ChainHeads,
  ChainIdentity,
  ChainPort,
  ChainReceipt,
} from '../../runtime/kernel/ports/chain/chain.ts';

/** Keccak-256 over bytes. */
export const keccak = (bytes: Uint8Array): Uint8Array => fromHexData(keccak256(bytes));

interface Step {
  readonly logId: string;
  readonly prevRoot: string;
  readonly root: string;
  readonly size: number;
}

interface Executed {
  readonly tx: Transaction;
  readonly succeeded: boolean;
  readonly receipt: Uint8Array;
}

interface Block extends ChainHeader {
  readonly executed: readonly Executed[];
}

/** One call of the port, before it is answered. */
export type ScriptedFault = 'hang' | 'fail' | undefined;

/** A lie: what the chain says instead of its answer. */
export interface Lies {
  nonce?: number | undefined;
  head?: AnchoredHead | undefined;
  /** Says that every transaction it was sent is in the newest block. */
  receipts?: boolean;
}

const GAS = 45_000n;
const NO_HEAD: AnchoredHead = { root: '0'.repeat(64), size: 0, epoch: 0, frozen: false };

/** See the head of the file. */
export class ScriptedChain implements ChainPort {
  readonly chainId = 31_337;
  readonly contract = '0x5FbDB2315678afecb367f032d93F642f64180aa3';
  /** Asked before each call. */
  fault: (call: string) => ScriptedFault = () => undefined;
  lies: Lies = {};
  /** A block is made for each transaction that is taken. */
  isAutomatic = true;
  baseFeeWei = 1_000_000_000n;
  tipWei = 1_000_000_000n;
  isPaused = false;
  /** Drops the next transactions it takes, without a word. */
  losesCount = 0;
  /** Takes transactions and answers as if it had not been reached. */
  answersLost = false;
  readonly calls: string[] = [];
  #blocks: Block[] = [];
  #pool = new Map<string, Transaction>();
  #salt = 0;

  constructor() {
    this.#add([]);
  }

  get height(): number {
    return this.#blocks.length - 1;
  }

  /** Every step that stands on the chain now, in order. */
  get anchored(): readonly Step[] {
    return this.#all()
      .filter(({ succeeded }) => succeeded)
      .flatMap(({ tx }) => stepsOf(tx.data));
  }

  /** Transactions in blocks now, also those that were reverted. */
  get included(): readonly Transaction[] {
    return this.#all().map(({ tx }) => tx);
  }

  get pooled(): readonly Transaction[] {
    return [...this.#pool.values()];
  }

  /** Makes a block of what waits and may be taken now. */
  mine(): void {
    const taken: Transaction[] = [];
    for (;;) {
      const next = [...this.#pool.values()].find(
        (tx) => tx.nonce === this.#count() + taken.length && tx.maxFeePerGas! >= this.baseFeeWei,
      );
      if (!next) break;
      this.#pool.delete(next.hash!);
      taken.push(next);
    }
    this.#add(taken);
  }

  mineEmpty(count: number): void {
    for (let made = 0; made < count; made += 1) this.#add([]);
  }

  /** Takes the newest blocks away, with what is in them, and puts as many empty ones in their place. */
  reorganise(depth: number): void {
    this.#blocks = this.#blocks.slice(0, Math.max(1, this.#blocks.length - depth));
    this.mineEmpty(depth);
  }

  emptyPool(): void {
    this.#pool.clear();
  }

  async identity(): Promise<ChainIdentity> {
    await this.#called('identity');
    return { chainId: this.chainId, genesisHash: this.#blocks[0]!.hash, codeHash: `0x${'c0'.repeat(32)}` };
  }

  async heads(): Promise<ChainHeads> {
    await this.#called('heads');
    const { height } = this;
    return { latest: height, safe: Math.max(0, height - 2), finalized: Math.max(0, height - 4) };
  }

  async fees(): Promise<ChainFees> {
    await this.#called('fees');
    return { baseFeeWei: this.baseFeeWei, tipWei: this.tipWei };
  }

  async nonce(): Promise<number> {
    await this.#called('nonce');
    return this.lies.nonce ?? this.#count();
  }

  async estimate({ data }: ChainCall): Promise<ChainEstimate> {
    await this.#called('estimate');
    if (this.isPaused) return { refusal: 'EnforcedPause' };
    const refusal = execute(this.#heads(), stepsOf(data));
    return refusal ? { refusal } : { gas: GAS };
  }

  async broadcast(raw: string): Promise<BroadcastOutcome> {
    await this.#called('broadcast');
    const tx = Transaction.from(raw);
    const outcome = this.#take(tx);
    if (outcome === 'accepted' && this.isAutomatic) this.mine();
    if (this.answersLost) throw new WitanError('unavailable', 'the answer was lost');
    return outcome;
  }

  async receipt(txHash: string): Promise<ChainReceipt | undefined> {
    await this.#called('receipt');
    for (const block of this.#blocks) {
      const index = block.executed.findIndex(({ tx }) => tx.hash === txHash);
      if (index < 0) continue;
      const { succeeded, tx } = block.executed[index]!;
      const gasPriceWei = this.baseFeeWei < tx.maxFeePerGas! ? this.baseFeeWei : tx.maxFeePerGas!;
      return { txHash, index, succeeded, ...placeOf(block), gasUsed: GAS, gasPriceWei };
    }
    if (!this.lies.receipts) return undefined;
    const made = { txHash, index: 0, succeeded: true, gasUsed: GAS, gasPriceWei: 1n };
    return { ...made, ...placeOf(this.#blocks.at(-1)!) };
  }

  async header(blockNumber: number): Promise<ChainHeader | undefined> {
    await this.#called('header');
    const block = this.#blocks[blockNumber];
    return block && { number: block.number, hash: block.hash, rlp: block.rlp };
  }

  async blockReceipts(blockHash: string): Promise<readonly string[]> {
    await this.#called('blockReceipts');
    const block = this.#blocks.find(({ hash }) => hash === blockHash);
    if (!block) throw new WitanError('unavailable', 'no such block');
    return block.executed.map(({ receipt }) => toHexData(receipt));
  }

  async anchoredHead(_contract: string, logId: string): Promise<AnchoredHead> {
    await this.#called('anchoredHead');
    return this.lies.head ?? this.#heads().get(logId) ?? NO_HEAD;
  }

  async close(): Promise<void> {}

  #take(tx: Transaction): BroadcastOutcome {
    if (this.#pool.has(tx.hash!)) return 'known';
    if (tx.nonce < this.#count()) return 'nonce-used';
    const rival = [...this.#pool.values()].find(({ nonce }) => nonce === tx.nonce);
    if (rival && !outbids(tx, rival)) return 'underpriced';
    if (this.losesCount > 0) {
      this.losesCount -= 1;
      return 'accepted';
    }
    if (rival) this.#pool.delete(rival.hash!);
    this.#pool.set(tx.hash!, tx);
    return 'accepted';
  }

  async #called(call: string): Promise<void> {
    this.calls.push(call);
    const fault = this.fault(call);
    if (fault === 'hang') await new Promise(() => undefined);
    if (fault === 'fail') throw new WitanError('unavailable', 'the chain does not answer');
  }

  #all(): readonly Executed[] {
    return this.#blocks.flatMap(({ executed }) => executed);
  }

  #count(): number {
    return this.#all().length;
  }

  #heads(): Map<string, AnchoredHead> {
    const heads = new Map<string, AnchoredHead>();
    for (const { tx, succeeded } of this.#all()) if (succeeded) execute(heads, stepsOf(tx.data));
    return heads;
  }

  #add(txs: readonly Transaction[]): void {
    this.#salt += 1;
    const heads = this.#heads();
    const executed = txs.map((tx): Executed => {
      const steps = stepsOf(tx.data);
      const succeeded = !this.isPaused && execute(heads, steps) === undefined;
      return { tx, succeeded, receipt: receiptOf(this.contract, succeeded ? steps : [], succeeded) };
    });
    const receipts = executed.map(({ receipt }) => receipt);
    const root = proveReceipt(receipts, 0, keccak).root;
    const number = this.#blocks.length;
    const word = new Uint8Array(32);
    const fields = [word, word, word.slice(12), word, word, root, new Uint8Array(256)];
    const rlp = encodeRlp([...fields, rlpNumber(0), rlpNumber(number), rlpNumber(this.#salt)]);
    this.#blocks.push({ number, rlp: toHexData(rlp), hash: toHexData(keccak(rlp)), executed });
  }
}

function outbids(tx: Transaction, rival: Transaction): boolean {
  const grown = (wei: bigint): bigint => (wei * 110n) / 100n;
  return (
    tx.maxFeePerGas! >= grown(rival.maxFeePerGas!) &&
    tx.maxPriorityFeePerGas! >= grown(rival.maxPriorityFeePerGas!)
  );
}

function placeOf({ hash, number }: Block): { blockHash: string; blockNumber: number } {
  return { blockHash: hash, blockNumber: number };
}

/** Steps that a call would make. */
function stepsOf(data: string): Step[] {
  const isOne = data.startsWith(ANCHOR_SELECTORS.anchor);
  const words = data.slice(10).match(/.{64}/g) ?? [];
  const body = isOne ? words : words.slice(2);
  return Array.from({ length: body.length / 4 }, (_, at) => ({
    logId: `0x${body[at * 4]!}`,
    prevRoot: body[at * 4 + 1]!,
    root: body[at * 4 + 2]!,
    size: Number(BigInt(`0x${body[at * 4 + 3]!}`)),
  }));
}

/** Does the steps, all or none; gives the error of the contract. */
function execute(heads: Map<string, AnchoredHead>, steps: readonly Step[]): string | undefined {
  const after = new Map(heads);
  for (const { logId, prevRoot, root, size } of steps) {
    const head = after.get(logId) ?? NO_HEAD;
    if (head.root !== prevRoot) return 'WrongPrevious';
    if (size <= head.size) return 'StaleSize';
    after.set(logId, { ...head, root, size });
  }
  for (const [logId, head] of after) heads.set(logId, head);
  return undefined;
}

function receiptOf(contract: string, steps: readonly Step[], succeeded: boolean): Uint8Array {
  const events = steps.map(({ logId, prevRoot, root, size }) => [
    fromHexData(contract),
    [fromHexData(ANCHOR_SELECTORS.anchored), fromHexData(logId), fromHexData(`0x${root}`)],
    fromHexData(`0x${prevRoot}${abiWord(size)}${abiWord(0)}`),
  ]);
  const body = encodeRlp([rlpNumber(succeeded ? 1 : 0), rlpNumber(GAS), new Uint8Array(256), events]);
  return Uint8Array.from([2, ...body]);
}
