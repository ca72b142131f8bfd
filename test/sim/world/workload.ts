/** Callers: they submit, wait, try again with the same key, and in the end ask once more for everything. */
import { DecisionRequest } from '../../../contracts/messages/decision.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import { toWitanError, WitanError } from '../../../contracts/errors.ts';
import { decisionDigest, decisionIdOf } from '../../../contracts/ledger/signing.ts';
import { sha256 } from '../../../runtime/kernel/crypto/digest.ts';
import { chanceOf } from '../scenario/chance.ts';
import type { PlannedDecision, PlannedSubmission } from '../scenario/scenario.ts';
import type { ObservedSubmission } from './history.ts';
import { CLIENT_ASK_MS, CLIENT_VERDICT_MS } from './sim-node.ts';
import type { World } from './world.ts';

const PROBE_TRIES = 8;
const RETRYABLE: ReadonlySet<string> = new Set([
  'unavailable',
  'overloaded',
  'mailbox_full',
  'storage_failed',
  'deadline_exceeded',
  'crashed',
  'stopped',
  'cancelled',
]);

/** The callers of one world. */
export class Workload {
  readonly #world: World;
  #openCount = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Submissions whose caller still waits. */
  get openCount(): number {
    return this.#openCount;
  }

  /** Plans every submission of the scenario. */
  start(): void {
    for (const decision of this.#world.scenario.decisions) {
      for (const submission of decision.submissions) {
        this.#openCount += 1;
        this.#world.sim.clock.setTimer(submission.atMs, () => {
          void this.#submit(decision, submission, false).finally(() => (this.#openCount -= 1));
        });
      }
    }
  }

  /** Asks for every decision again: the same payload, another one, and by id. */
  async probe(): Promise<void> {
    for (const decision of this.#world.scenario.decisions) {
      for (const isSamePayload of [true, false]) {
        const observed = await this.#submit(decision, { atMs: 0, isSamePayload, tries: PROBE_TRIES }, true);
        if (observed.decisionId !== undefined) await this.#read(decision, observed.decisionId);
      }
    }
  }

  async #submit(
    decision: PlannedDecision,
    { isSamePayload, budgetMs, tries }: PlannedSubmission,
    isProbe: boolean,
  ): Promise<ObservedSubmission> {
    const { trace, history } = this.#world;
    const request = requestOf(decision, isSamePayload, this.#world.scenario.seed);
    const principal = { id: 'user:sim', tenant: decision.tenant, scopes: [] };
    for (let attempt = 1; ; attempt += 1) {
      const observed: ObservedSubmission = {
        key: decision.key,
        tenant: decision.tenant,
        digest: decisionDigest(request, sha256),
        isProbe,
      };
      history.submissions.push(observed);
      trace.note('submit', decision.key, isSamePayload, attempt);
      try {
        const { client } = this.#node();
        const submission = await this.#ask(
          'submit',
          CLIENT_ASK_MS,
          client.submit(request, principal, { budgetMs }),
        );
        observed.decisionId = submission.decisionId;
        trace.note('accepted', decision.key, submission.decisionId, submission.joined);
        observed.verdict = await this.#ask('verdict', CLIENT_VERDICT_MS, submission.verdict);
        this.#world.released(submission.decisionId, 'answer', observed.verdict);
        return observed;
      } catch (error) {
        const { code } = toWitanError(error);
        observed.errorCode = code;
        trace.note('refused', decision.key, code);
        if (!RETRYABLE.has(code) || attempt >= tries) return observed;
      }
      await this.#pause(120 * attempt);
    }
  }

  async #read({ tenant }: PlannedDecision, decisionId: string): Promise<void> {
    const { client } = this.#node();
    const view = await this.#ask('read', CLIENT_ASK_MS, client.read(decisionId as DecisionId, tenant));
    if (view.verdict) this.#world.released(decisionId, 'read', view.verdict);
  }

  #node(): NonNullable<World['node']> {
    const { node } = this.#world;
    if (!node) throw new WitanError('unavailable', 'no node is running');
    return node;
  }

  /** Waits for an answer, or for the end of the node that was asked. */
  #ask<T>(what: string, limitMs: number, asked: Promise<T>): Promise<T> {
    asked.catch(() => undefined);
    return this.#world.observe(what, limitMs, Promise.race([asked, this.#node().lost]));
  }

  #pause(ms: number): Promise<void> {
    return new Promise((done) => this.#world.sim.clock.setTimer(ms, done));
  }
}

/** Body that a caller sends; the same for the same seed and decision. */
export function requestOf(decision: PlannedDecision, isSamePayload: boolean, seed: number): DecisionRequest {
  const { key, tenant, fields, retryOfKey, sameTextAs } = decision;
  const text = textOf(seed, sameTextAs ?? key);
  const retryOf =
    retryOfKey === undefined ? {} : { retryOf: decisionIdOf(tenant, `key:${retryOfKey}`, sha256) };
  return DecisionRequest.parse({
    idempotencyKey: key,
    ...fields,
    ...retryOf,
    text: isSamePayload ? text : `${text} And something else besides.`,
  });
}

/** Words that have little in common between two decisions, so that only planned attempts look alike. */
function textOf(seed: number, key: string): string {
  const chance = chanceOf(seed, 'text', key);
  return Array.from({ length: 24 }, () => chance.uint32().toString(36)).join(' ');
}
