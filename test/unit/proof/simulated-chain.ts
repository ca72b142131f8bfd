/** A chain in memory with the rules of the contracts that matter here: nonces, commitments, one token a hash. */
import { WitanError } from '../../../contracts/errors.ts';
import type {
  ChainCallOfStep,
  ChainCertificate,
  ChainContent,
  ContentChainPort,
  ContentReceipt,
  SignedCall,
} from '../../../agents/platform/proof/chain/content-chain.ts';
import type { ContentJob } from '../../../agents/platform/proof/chain/content-job.ts';

const ACCOUNT = '0xaccount';

interface Included {
  readonly hash: string;
  readonly nonce: number;
  readonly isSuccess: boolean;
  readonly block: number;
}

/** What every transaction says of itself: signed bytes of this chain are JSON. */
interface Signed {
  readonly nonce: number;
  readonly step: string;
  readonly fee: number;
  readonly content: string;
  readonly commitment: string;
  readonly evidence: string;
  readonly certificateId: string;
}

/** See {@link ContentChainPort}; blocks are made by {@link mine}. */
export class SimulatedChain implements ContentChainPort {
  /** Thrown at the named call, once each; for crashes and chains that are away. */
  fault: ((call: string) => Error | undefined) | undefined;
  isMiningAtOnce = true;
  leastFee = 0;
  timeS = 1_000;
  readonly included: Included[] = [];
  readonly waiting = new Map<number, string>();
  readonly tokens = new Map<string, { id: number; creator: string }>();
  readonly lineages = new Set<string>();
  readonly certificates: { content: string; evidence: string; isRevoked: boolean }[] = [];
  /** Every time that a step took effect, by name. */
  readonly effects: string[] = [];
  #commitments = new Map<string, number>();
  #block = 1;

  async names(): Promise<{ chainId: number; registry: string; account: string }> {
    this.#called('names');
    return { chainId: 1, registry: '0xregistry', account: ACCOUNT };
  }

  async find(contentHash: string): Promise<ChainContent | undefined> {
    this.#called('find');
    const token = this.tokens.get(contentHash);
    if (!token) return undefined;
    const isVerified = this.certificates.some((one) => one.content === contentHash && !one.isRevoked);
    return {
      tokenId: `${token.id}`,
      creator: token.creator,
      timestampS: 1,
      modelId: 'm',
      metadata: 'c',
      isVerified,
    };
  }

  async committedAtS(job: ContentJob): Promise<number> {
    return this.#commitments.get(commitmentOf(job)) ?? 0;
  }

  async hasLineage(contentHash: string): Promise<boolean> {
    return this.lineages.has(contentHash);
  }

  async hasModel(): Promise<boolean> {
    return true;
  }

  async certificate(contentHash: string, evidenceHash: string): Promise<ChainCertificate | undefined> {
    const at = this.certificates.findIndex(
      (one) => one.content === contentHash && one.evidence === evidenceHash,
    );
    return at < 0 ? undefined : { id: `${at}`, isRevoked: this.certificates[at]!.isRevoked };
  }

  async headTimeS(): Promise<number> {
    return this.timeS;
  }

  async nonce(): Promise<number> {
    return this.included.length;
  }

  async sign({ step, job, certificateId = '' }: ChainCallOfStep, options: SignOptions): Promise<SignedCall> {
    this.#called('sign');
    const { nonce, replaces } = options;
    const fee = replaces === undefined ? 1 : (JSON.parse(replaces) as Signed).fee + 1;
    const evidence = job.kind === 'register' ? '' : job.evidenceHash;
    const commitment = commitmentOf(job);
    const signed: Signed = {
      nonce,
      step,
      fee,
      content: job.contentHash,
      commitment,
      evidence,
      certificateId,
    };
    const refusal = this.#refusal(signed);
    if (refusal) throw new WitanError('conflict', refusal, { refusal });
    const raw = JSON.stringify(signed);
    return { raw, hash: hashOf(raw) };
  }

  async broadcast(raw: string): Promise<void> {
    this.#called('broadcast');
    const { nonce, fee } = JSON.parse(raw) as Signed;
    if (nonce < this.included.length) return;
    const other = this.waiting.get(nonce);
    if (other !== undefined && (JSON.parse(other) as Signed).fee >= fee) return;
    this.waiting.set(nonce, raw);
    if (this.isMiningAtOnce) this.mine();
    this.#called('broadcast-answer');
  }

  async receipt(hash: string): Promise<ContentReceipt | undefined> {
    this.#called('receipt');
    const found = this.included.find((one) => one.hash === hash);
    return found && { isSuccess: found.isSuccess, confirmationCount: this.#block - found.block };
  }

  close(): void {}

  /** Makes a block of what waits in the order of nonces and pays enough. */
  mine(): void {
    for (
      let raw = this.waiting.get(this.included.length);
      raw;
      raw = this.waiting.get(this.included.length)
    ) {
      const signed = JSON.parse(raw) as Signed;
      if (signed.fee < this.leastFee) break;
      this.waiting.delete(signed.nonce);
      const isSuccess = this.#refusal(signed) === undefined;
      if (isSuccess) this.#apply(signed);
      this.included.push({ hash: hashOf(raw), nonce: signed.nonce, isSuccess, block: this.#block });
    }
    this.#block += 1;
    this.timeS += 1;
  }

  /** Somebody else who holds the key uses a nonce. */
  useNonce(): void {
    this.waiting.delete(this.included.length);
    this.included.push({
      hash: '0xforeign',
      nonce: this.included.length,
      isSuccess: true,
      block: this.#block,
    });
  }

  /** The newest block is gone: what it held is forgotten, and waits nowhere. */
  forgetLast(): void {
    const last = this.included.pop();
    if (!last || this.effects.pop() !== 'commit') throw new TypeError('only a commitment is taken back');
    this.#commitments = new Map([...this.#commitments].slice(0, -1));
  }

  #refusal({ step, content, commitment, certificateId }: Signed): string | undefined {
    const isTaken = this.tokens.has(content);
    const since = this.#commitments.get(commitment);
    if (step === 'commit') return since === undefined ? undefined : 'AlreadyCommitted';
    if (step === 'reveal') {
      if (isTaken) return 'Content already registered';
      return since !== undefined && this.timeS >= since + 12 ? undefined : 'NotCommitted';
    }
    if (step === 'lineage') return this.lineages.has(content) ? 'AlreadyRecorded' : undefined;
    if (step === 'certificate') return isTaken ? undefined : 'NotRegistered';
    return this.certificates[Number(certificateId)]?.isRevoked === false ? undefined : 'AlreadyRevoked';
  }

  #apply({ step, content, commitment, evidence, certificateId }: Signed): void {
    this.effects.push(step);
    if (step === 'commit') this.#commitments.set(commitment, this.timeS);
    if (step === 'reveal') {
      this.#commitments.delete(commitment);
      this.tokens.set(content, { id: this.tokens.size + 1, creator: ACCOUNT });
    }
    if (step === 'lineage') this.lineages.add(content);
    if (step === 'certificate') this.certificates.push({ content, evidence, isRevoked: false });
    if (step === 'revocation') this.certificates[Number(certificateId)]!.isRevoked = true;
  }

  #called(name: string): void {
    const fault = this.fault?.(name);
    if (fault) throw fault;
  }
}

interface SignOptions {
  readonly nonce: number;
  readonly replaces?: string;
}

function commitmentOf(job: ContentJob): string {
  return job.kind === 'register' ? `${job.contentHash}/${job.salt}` : '';
}

function hashOf(raw: string): string {
  return `0x${Buffer.from(raw).toString('hex').slice(0, 24)}${raw.length}`.padEnd(66, '0').slice(0, 66);
}
