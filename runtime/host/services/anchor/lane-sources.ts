/** The chains that a node anchors on, out of its settings; each is opened when it is first looked at. */
import { keccak256 } from 'ethers';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { anchoredLogOf } from '../../../../agents/platform/audit/anchor/anchored-log.ts';
import { AnchorLane } from '../../../../agents/platform/audit/anchor/lane/anchor-lane.ts';
import { guardedChain } from '../../../../agents/platform/audit/anchor/lane/guarded-chain.ts';
import type { LaneParts, LaneRules } from '../../../../agents/platform/audit/anchor/lane/lane-parts.ts';
import type { LaneSource } from '../../../../agents/platform/audit/anchor/lane-runner.ts';
import type { AnchorStepHook } from '../../../../agents/platform/audit/anchor/anchor-steps.ts';
import type { AnchorChain } from '../../../../config/sections/chain.ts';
import { fromHexData } from '../../../../contracts/chain/proof/hex-data.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import { CircuitBreaker } from '../../../../supervisors/circuit-breaker.ts';
import { sha256 } from '../../../kernel/crypto/digest.ts';
import { query } from '../../../kernel/index.ts';
import type { ActorRef } from '../../../kernel/index.ts';
import type { AnchorSigner } from '../../../kernel/ports/chain/chain.ts';
import type { NumberedTexts, OutboxPort } from '../../../kernel/ports/outbox.ts';
import { openFileOutbox } from '../../../store/outbox/file-outbox.ts';
import { openFileTexts } from '../../../store/outbox/file-texts.ts';
import { MemoryOutbox, MemoryTexts } from '../../../store/outbox/memory-outbox.ts';
import { devSigner, openSigner } from '../../chain/anchor/anchor-signer.ts';
import { EthersChain } from '../../chain/anchor/ethers-chain.ts';
import { DEV_CHAIN_ID } from '../../chain/dev-chain.ts';
import type { DevChainReply } from '../../chain/dev-chain-actor.ts';
import { NETWORKS } from '../../../../contracts/chain/addresses.ts';
import type { ServiceParts } from '../open-together.ts';

/** Parts of a node that its lanes are made from. */
export interface LaneNode extends Pick<
  ServiceParts,
  'settings' | 'dataDir' | 'clock' | 'telemetry' | 'system' | 'stores'
> {
  /** For tests that end the process at a step. */
  readonly onStep?: AnchorStepHook | undefined;
  /** Called when a lane has opened something that must be closed with the node. */
  readonly opened: (close: () => Promise<void>) => void;
}

/** Where the anchor's actor lives; lines of its log carry it. */
export const ANCHOR_PATH = '/platform/audit/anchor';

const DEV_POLL_MS = 1_000;
const DEV_ASK_MS = 30_000;
/** A dev chain costs nothing, and whoever tries one wants to see something. */
const DEV_BATCH_MS = 5_000;
const COMPACT_ABOVE_COUNT = 512;
/** A transaction is sent again after as many looks that did not find it. */
const AGAIN_LOOKS = 4;
const DISBELIEF_LOOKS = 3;
const WEI_OF_GWEI = 1_000_000_000n;

/** One source for each chain of the settings, and one for the dev chain where there is one. */
export function laneSources(node: LaneNode): readonly LaneSource[] {
  const { settings } = node;
  const named = settings.anchor.chains.map((chain) => namedSource(chain, node));
  return settings.chain.dev ? [devSource(node), ...named] : named;
}

function namedSource(chain: AnchorChain, host: LaneNode): LaneSource {
  const { node, release } = released(host);
  const { name, contract, pollMs, url, chainId, genesisHash, codeHash } = chain;
  const open = async (): Promise<AnchorLane> => {
    const signer = await openSigner(chain.keyFile, await keystorePassphrase(node));
    const expected = { chainId, ...(genesisHash && { genesisHash }), ...(codeHash && { codeHash }) };
    return openLane(
      { name, folder: name, url, contract, expected, signer, rules: rulesOf(chain, node) },
      node,
    );
  };
  return { name, contract, pollMs, open, release };
}

/** The chain that `/platform/dev-chain` runs; its outbox goes by its genesis, for a new chain is another. */
function devSource(host: LaneNode): LaneSource {
  const { node, release } = released(host);
  const contract = NETWORKS[DEV_CHAIN_ID]!.contracts.AuditAnchor;
  const open = async (): Promise<AnchorLane> => {
    const { url, addresses } = await whereIsDevChain(node);
    const chain = new EthersChain({ url, chainId: DEV_CHAIN_ID });
    const { genesisHash } = await chain.identity(addresses.AuditAnchor).finally(() => chain.close());
    const folder = `dev-${genesisHash.slice(2, 10)}-${addresses.AuditAnchor.slice(2, 10).toLowerCase()}`;
    const expected = { chainId: DEV_CHAIN_ID, genesisHash };
    const { batch, ...rest } = rulesOf(DEV_CHAIN_LIMITS, node);
    const rules = { ...rest, batch: { ...batch, maxAgeMs: Math.min(batch.maxAgeMs, DEV_BATCH_MS) } };
    const place = { name: 'dev', folder, url, contract: addresses.AuditAnchor, expected };
    return openLane({ ...place, signer: devSigner(), rules }, node);
  };
  return { name: 'dev', contract, pollMs: DEV_POLL_MS, open, release };
}

/** A node of which one lane's things can be closed by themselves, to be opened anew. */
function released(node: LaneNode): { node: LaneNode; release: () => Promise<void> } {
  const open: (() => Promise<void>)[] = [];
  const release = async (): Promise<void> => {
    for (const close of open.splice(0)) await close();
  };
  node.opened(release);
  return { node: { ...node, opened: (close) => void open.push(close) }, release };
}

const DEV_CHAIN_LIMITS: Pick<
  AnchorChain,
  'maxFeeGwei' | 'minTipGwei' | 'dailyBudgetGwei' | 'pollMs' | 'stuckMs' | 'maxReplacementCount'
> = {
  maxFeeGwei: 1_000,
  minTipGwei: 1,
  dailyBudgetGwei: 1_000_000_000,
  pollMs: DEV_POLL_MS,
  stuckMs: 30_000,
  maxReplacementCount: 10,
};

interface LanePlace extends Pick<LaneParts, 'name' | 'contract' | 'expected' | 'rules'> {
  readonly folder: string;
  readonly url: string;
  readonly signer: AnchorSigner;
}

async function openLane(place: LanePlace, node: LaneNode): Promise<AnchorLane> {
  const { name, contract, expected, rules, signer, url } = place;
  const { clock, settings, stores, telemetry } = node;
  const { outbox, receipts } = await openKept(place, node);
  try {
    const breaker = new CircuitBreaker({ clock, name: `chain/${name}`, windowMs: 60_000, minCalls: 5 });
    const port = new EthersChain({ url, chainId: expected.chainId, requestMs: settings.anchor.requestMs });
    // A little more than one request takes: the connection asks the chain for its id first.
    const chain = guardedChain(port, { clock, breaker, callMs: 2 * settings.anchor.requestMs });
    const lane = new AnchorLane({
      name,
      chain,
      breaker,
      signer,
      contract,
      expected,
      logs: [anchoredLogOf(stores.ledger)],
      outbox,
      receipts: () => receipts,
      clock,
      crypto: { keccak256: (bytes) => fromHexData(keccak256(bytes)), sha256 },
      rules,
      onStep: node.onStep ?? (() => undefined),
      isHeld: () => true,
      tell: (level, message, fields) =>
        telemetry.log(level, ANCHOR_PATH, message, { chain: name, ...fields }),
    });
    node.opened(async () => {
      await chain.close();
      await outbox.close();
    });
    return lane;
  } catch (error) {
    await outbox.close();
    throw error;
  }
}

async function openKept(
  { folder }: LanePlace,
  { dataDir }: LaneNode,
): Promise<{ outbox: OutboxPort; receipts: NumberedTexts }> {
  if (dataDir === null) return { outbox: new MemoryOutbox(), receipts: new MemoryTexts() };
  const root = join(dataDir, 'anchor', folder);
  const receipts = await openFileTexts(join(root, 'receipts'));
  return { outbox: await openFileOutbox({ folder: root }), receipts };
}

function rulesOf(limits: typeof DEV_CHAIN_LIMITS, { settings: { anchor } }: LaneNode): LaneRules {
  const { maxFeeGwei, minTipGwei, dailyBudgetGwei, pollMs, stuckMs, maxReplacementCount } = limits;
  const wei = (gwei: number): bigint => BigInt(gwei) * WEI_OF_GWEI;
  const step = {
    stuckMs,
    againMs: AGAIN_LOOKS * pollMs,
    maxReplacementCount,
    disbeliefCount: DISBELIEF_LOOKS,
  };
  return {
    batch: { maxEntryCount: anchor.batchEntryMaxCount, maxAgeMs: anchor.batchMaxAgeMs },
    step,
    fee: { maxFeeWei: wei(maxFeeGwei), minTipWei: wei(minTipGwei), dailyBudgetWei: wei(dailyBudgetGwei) },
    compactAboveCount: COMPACT_ABOVE_COUNT,
  };
}

async function whereIsDevChain({ system }: LaneNode): Promise<DevChainReply> {
  const ref = system.resolve('/platform/dev-chain') as ActorRef<{
    type: 'where';
    replyTo: ActorRef<DevChainReply>;
  }>;
  return query(ref, (replyTo: ActorRef<DevChainReply>) => ({ type: 'where' as const, replyTo }), {
    timeoutMs: DEV_ASK_MS,
    via: system,
  });
}

async function keystorePassphrase({ settings: { anchor } }: LaneNode): Promise<string> {
  if (anchor.keyPassphraseFile === '') return anchor.keyPassphrase;
  const file = anchor.keyPassphraseFile;
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    const details = { path: 'anchor.keyPassphraseFile', expected: 'a file that can be read' };
    throw new WitanError('config_invalid', 'the passphrase of the anchor cannot be read', details, cause);
  });
  return text.split('\n')[0]!;
}
