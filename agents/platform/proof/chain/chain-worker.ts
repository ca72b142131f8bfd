/** Brings the jobs of the outbox onto the chain: sign, write down, send, look, send the same bytes again. */
import { WitanError } from '../../../../contracts/errors.ts';
import type { Clock } from '../../../../runtime/kernel/clock.ts';
import type { ContentChainNames, ContentChainPort } from './content-chain.ts';
import type { ContentJob, SignedStep } from './content-job.ts';
import type { JobBook } from './job-book.ts';
import { nextStep } from './next-step.ts';
import type { ContentJobResult, NextStep, StepContext } from './next-step.ts';

/** What the worker works with. */
export interface ChainWorkerOptions {
  readonly chain: ContentChainPort;
  readonly book: JobBook;
  readonly clock: Clock;
  /** Blocks on top of a transaction, its own included, until a step counts as done. */
  readonly confirmationCount: number;
  /** Milliseconds without a block until the same is signed at a higher fee. */
  readonly replaceAfterMs: number;
  /** Transactions that may wait for a block at once. */
  readonly inFlightMaxCount: number;
  /** Puts the end of a job on the record; called again after a crash, so it must not write twice. */
  record(job: ContentJob, result: ContentJobResult, names: ContentChainNames): Promise<void>;
}

const VARIANTS_MAX = 6;
const KEPT_STEPS = 30;
/** Turns in a row in which a nonce is used by nothing of ours, or not reached, until it is given up. */
const LOST_AFTER_TURNS = 3;
/** Jobs that are asked about in one turn, besides those that have a transaction under way. */
const ADVANCED_A_TURN = 64;

/** One turn after the other; never two at once. */
export class ChainWorker {
  readonly #options: ChainWorkerOptions;
  /** When a transaction was first sent by this process; monotonic ms. */
  readonly #sentAtMs = new Map<string, number>();
  readonly #missedTurns = new Map<string, number>();
  /** Where the next turn begins with the jobs that have no transaction under way. */
  #nextAt = 0;

  constructor(options: ChainWorkerOptions) {
    this.#options = options;
  }

  /** Whether anything waits for the chain. */
  get hasWork(): boolean {
    return this.#options.book.all().some((job) => job.isRecorded);
  }

  /**
   * Looks after every job once.
   * @throws unavailable, deadline_exceeded, conflict (another chain), storage_failed; nothing is lost by it
   */
  async turn(): Promise<void> {
    const { chain, book } = this.#options;
    const jobs = book.all().filter((job) => job.isRecorded);
    if (jobs.length === 0) return;
    const names = await chain.names();
    const latest = await chain.nonce();
    const idle: ContentJob[] = [];
    for (const job of jobs) {
      const open = job.transactions.find(isUnderWay);
      if (open) await this.#watch(job, open, latest);
      else idle.push(job);
    }
    const from = this.#nextAt < idle.length ? this.#nextAt : 0;
    this.#nextAt = from + ADVANCED_A_TURN;
    for (const job of idle.slice(from, this.#nextAt)) await this.#advance(job, names, latest);
  }

  /** Looks where a signed transaction is; sends its bytes again, or signs it at a higher fee. */
  async #watch(job: ContentJob, open: SignedStep, latest: number): Promise<void> {
    const { chain, confirmationCount } = this.#options;
    for (const { hash } of open.variants) {
      const receipt = await chain.receipt(hash);
      if (!receipt) continue;
      this.#missedTurns.delete(key(job, open));
      if (receipt.confirmationCount < confirmationCount) {
        if (open.state !== 'included')
          await this.#change(job, open, { state: 'included', includedHash: hash });
        return;
      }
      this.#sentAtMs.delete(key(job, open));
      if (receipt.isSuccess) return this.#change(job, open, { state: 'confirmed', includedHash: hash });
      const detail = `the chain reverted ${open.step}`;
      return this.#change(job, open, { state: 'reverted', includedHash: hash }, { detail, isFailure: true });
    }
    // A block that held it may be gone again: it is a waiting transaction as before.
    if (open.state === 'included') return this.#change(job, open, { state: 'signed' });
    // Nothing of ours shows: after some turns, somebody else used the key.
    const { nonce } = open;
    if (latest > nonce)
      return this.#missed(job, open, `nonce ${nonce} was used by another transaction of the account`);
    for (const { raw } of open.variants) await chain.broadcast(raw);
    // A node that counted wrong, or a chain that lost more blocks than were waited for.
    if (this.#isBehindGap(nonce, latest))
      return this.#missed(job, open, `nonce ${nonce} was given up: no transaction comes before it`);
    this.#missedTurns.delete(key(job, open));
    await this.#replaceLate(job, open);
  }

  /** Whether a nonce before this one is held by no transaction that waits. */
  #isBehindGap(nonce: number, latest: number): boolean {
    const held = new Set(this.#waiting().map((open) => open.nonce));
    for (let before = latest; before < nonce; before += 1) if (!held.has(before)) return true;
    return false;
  }

  async #missed(job: ContentJob, open: SignedStep, detail: string): Promise<void> {
    const turns = (this.#missedTurns.get(key(job, open)) ?? 0) + 1;
    this.#missedTurns.set(key(job, open), turns);
    if (turns < LOST_AFTER_TURNS) return;
    this.#missedTurns.delete(key(job, open));
    await this.#change(job, open, { state: 'lost' }, { detail });
  }

  async #replaceLate(job: ContentJob, open: SignedStep): Promise<void> {
    const { chain, clock, replaceAfterMs } = this.#options;
    const sentAtMs = this.#sentAtMs.get(key(job, open)) ?? clock.monotonicMs();
    this.#sentAtMs.set(key(job, open), sentAtMs);
    const raises = open.variants.length;
    if (raises >= VARIANTS_MAX || clock.monotonicMs() - sentAtMs < replaceAfterMs * raises) return;
    try {
      const certificateId = await this.#certificateToRevoke(job, open);
      const signed = await chain.sign(
        { step: open.step, job, certificateId },
        { nonce: open.nonce, replaces: open.variants.at(-1)!.raw },
      );
      await this.#change(job, open, { variants: [...open.variants, signed] });
      await chain.broadcast(signed.raw);
    } catch (error) {
      // Refused now: most likely the first one is in a block already, which the next turn sees. Or the chain
      // is dearer than may be paid: what was offered goes on waiting.
      const isExpected = error instanceof WitanError && ['conflict', 'quota_exceeded'].includes(error.code);
      if (!isExpected) throw error;
    }
  }

  async #certificateToRevoke(job: ContentJob, { step }: SignedStep): Promise<string | undefined> {
    if (step !== 'revocation' || job.kind !== 'revocation') return undefined;
    return (await this.#options.chain.certificate(job.contentHash, job.evidenceHash))?.id;
  }

  async #advance(job: ContentJob, names: ContentChainNames, latest: number): Promise<void> {
    const next = await nextStep(job, this.#contextOf(names));
    if (next.do === 'end') {
      const ended = { ...job, detail: next.detail };
      await this.#options.record(ended, next.result, names);
      return this.#options.book.end(job.id);
    }
    if (next.do === 'send') return this.#send(job, next, latest);
    if (next.detail !== job.detail) await this.#options.book.put({ ...job, detail: next.detail });
  }

  async #send(job: ContentJob, next: NextStep & { do: 'send' }, latest: number): Promise<void> {
    const { chain, book, inFlightMaxCount, clock } = this.#options;
    const waiting = this.#waiting();
    if (waiting.length >= inFlightMaxCount) return;
    // Of ours alone: what else a node's pool claims to hold may never come.
    const nonce = Math.max(latest, ...waiting.map((open) => open.nonce + 1));
    const { step, certificateId } = next;
    try {
      const signed = await chain.sign({ step, job, certificateId }, { nonce });
      const transaction: SignedStep = { step, nonce, variants: [signed], state: 'signed' };
      const transactions = [...job.transactions, transaction].slice(-KEPT_STEPS);
      // On the disk before anybody sees it: whatever happens now, these bytes are sent and no others.
      await book.put({ ...job, transactions, detail: `${step} is sent` });
      this.#sentAtMs.set(key(job, transaction), clock.monotonicMs());
      await chain.broadcast(signed.raw);
    } catch (error) {
      if (!(error instanceof WitanError) || error.code !== 'conflict' || !error.details['refusal'])
        throw error;
      const refusal = String(error.details['refusal']);
      // Its block time is behind ours: nothing is wrong.
      const isEarly = refusal === 'NotCommitted';
      const failureCount = job.failureCount + (isEarly ? 0 : 1);
      await book.put({ ...job, failureCount, detail: `the contract refuses ${step}: ${refusal}` });
    }
  }

  /** Transactions that hold a nonce which no block has used yet. */
  #waiting(): SignedStep[] {
    return this.#options.book.all().flatMap(({ transactions }) => transactions.filter(isUnderWay));
  }

  async #change(
    job: ContentJob,
    open: SignedStep,
    change: Partial<SignedStep>,
    { detail = job.detail, isFailure = false } = {},
  ): Promise<void> {
    const current = this.#options.book.get(job.id) ?? job;
    const transactions = current.transactions.map((one) =>
      one.nonce === open.nonce && one.step === open.step && one.state === open.state
        ? { ...one, ...change }
        : one,
    );
    const failureCount = current.failureCount + (isFailure ? 1 : 0);
    await this.#options.book.put({ ...current, transactions, failureCount, detail });
  }

  #contextOf({ account }: ContentChainNames): StepContext {
    const { chain, book, clock } = this.#options;
    return {
      chain,
      account,
      nowS: Math.floor(clock.wallMs() / 1_000),
      isRegistering: (contentHash) => book.registrationOf(contentHash) !== undefined,
      isIssuing: (certificateId) =>
        book.all().some((job) => job.kind === 'certificate' && job.certificateId === certificateId),
    };
  }
}

function isUnderWay({ state }: SignedStep): boolean {
  return state === 'signed' || state === 'included';
}

function key(job: ContentJob, { step, nonce }: SignedStep): string {
  return `${job.id} ${step} ${nonce}`;
}
