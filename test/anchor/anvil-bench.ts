/** A lane on a real dev chain, with a clock that a test may set forward. */
import type { JsonRpcProvider } from 'ethers';
import { Contract } from 'ethers';
import { join } from 'node:path';
import type { EventLog, InterfaceAbi } from 'ethers';
import { AnchorLane } from '../../agents/platform/audit/anchor/lane/anchor-lane.ts';
import type { LaneParts } from '../../agents/platform/audit/anchor/lane/lane-parts.ts';
import { CONTRACTS } from '../../contracts/chain/abi/index.ts';
import { EthersChain } from '../../runtime/host/chain/anchor/ethers-chain.ts';
import { devSigner } from '../../runtime/host/chain/anchor/anchor-signer.ts';
import { DEV_CHAIN_ID } from '../../runtime/host/chain/dev-chain.ts';
import { SystemClock } from '../../runtime/kernel/index.ts';
import type { Clock } from '../../runtime/kernel/clock.ts';
import { sha256 } from '../../runtime/kernel/crypto/digest.ts';
import { openFileOutbox } from '../../runtime/store/outbox/file-outbox.ts';
import type { OutboxPort } from '../../runtime/kernel/ports/outbox.ts';
import { openFileTexts } from '../../runtime/store/outbox/file-texts.ts';
import { MemoryTexts } from '../../runtime/store/outbox/memory-outbox.ts';
import { temporaryFolder } from '../chain/dev-node.ts';
import { guarded, rulesWith, TestLog } from './anchor-kit.ts';
import type { BenchOptions } from './anchor-kit.ts';
import { keccak } from './scripted-chain.ts';

/** The machine's clock, set forward by hand. */
export class ShiftedClock implements Clock {
  readonly #real = new SystemClock();
  shiftMs = 0;

  monotonicMs(): number {
    return this.#real.monotonicMs() + this.shiftMs;
  }

  wallMs(): number {
    return this.#real.wallMs() + this.shiftMs;
  }

  setTimer: Clock['setTimer'] = (delayMs, task) => this.#real.setTimer(delayMs, task);
}

/** Where a lane is tried. */
export interface AnvilPlace {
  readonly url: string;
  readonly contract: string;
  /** Asks the chain itself, past any fault. */
  readonly provider: JsonRpcProvider;
}

/** What may differ. */
export interface AnvilOptions {
  readonly logs?: readonly TestLog[];
  readonly rules?: BenchOptions['rules'];
  readonly parts?: Partial<LaneParts>;
  readonly callMs?: number;
  /** Folder of the outbox and of receipts (default: a new one). */
  readonly folder?: string;
}

/** A lane and everything around it. */
export interface AnvilBench {
  readonly log: TestLog;
  readonly clock: ShiftedClock;
  readonly told: string[];
  lane: AnchorLane;
  /** A lane of another process on the same files. */
  restart(): Promise<AnchorLane>;
  turns(count: number, everyMs?: number): Promise<void>;
  /** Steps of this bench's first log that stand on the chain, oldest first. */
  anchored(): Promise<{ readonly size: number; readonly root: string; readonly hash: string }[]>;
  end(): Promise<void>;
}

let made = 0;

/** Makes one; each has a log of its own name, so that several may share a chain. */
export async function anvilBench(place: AnvilPlace, options: AnvilOptions = {}): Promise<AnvilBench> {
  made += 1;
  const clock = new ShiftedClock();
  const logs = options.logs ?? [new TestLog(`witan/anvil-${made}`)];
  const folder = options.folder ?? temporaryFolder();
  const texts =
    options.folder === undefined ? new MemoryTexts() : await openFileTexts(join(folder, 'receipts'));
  const told: string[] = [];
  const port = new EthersChain({ url: place.url, chainId: DEV_CHAIN_ID, requestMs: 5_000 });
  let outbox: OutboxPort;
  const open = async (): Promise<AnchorLane> => {
    outbox = await openFileOutbox({ folder });
    return new AnchorLane({
      name: 'anvil',
      ...guarded(port, clock, options.callMs ?? 5_000),
      signer: devSigner(),
      contract: place.contract,
      expected: { chainId: DEV_CHAIN_ID },
      logs,
      outbox,
      receipts: () => texts,
      clock,
      crypto: { keccak256: keccak, sha256 },
      rules: rulesWith(options.rules),
      onStep: () => undefined,
      isHeld: () => true,
      tell: (_level, message) => void told.push(message),
      ...options.parts,
    });
  };
  const contract = new Contract(place.contract, CONTRACTS.AuditAnchor.abi as InterfaceAbi, place.provider);
  const kit: AnvilBench = {
    log: logs[0]!,
    clock,
    told,
    lane: await open(),
    async restart() {
      await outbox.close();
      return (kit.lane = await open());
    },
    async turns(count, everyMs = 1_000) {
      for (let done = 0; done < count; done += 1) {
        await kit.lane.turn();
        clock.shiftMs += everyMs;
      }
    },
    async anchored() {
      const logId = await contract.getFunction('logIdOf')(logs[0]!.origin);
      const filter = contract.filters['Anchored']!(logId);
      const events = (await contract.queryFilter(filter, 0)) as EventLog[];
      return events.map(({ args, transactionHash }) => ({
        size: Number(args['size']),
        root: (args['root'] as string).slice(2),
        hash: transactionHash,
      }));
    },
    async end() {
      await port.close();
      await outbox.close();
    },
  };
  return kit;
}
