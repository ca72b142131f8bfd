/** Callers of decisions: they submit to any node, wait, and try again under their key elsewhere. */
import { isDeepStrictEqual } from 'node:util';
import { toWitanError, WitanError } from '../../../../contracts/errors.ts';
import { FinalPayload } from '../../../../contracts/messages/final.ts';
import type { Verdict } from '../../../../contracts/messages/verdict.ts';
import type { LedgerEntry, LedgerPort } from '../../../../runtime/kernel/ports/ledger.ts';
import { pick } from '../../scenario/chance.ts';
import type { PlannedDecision } from '../../scenario/scenario.ts';
import { requestOf } from '../../world/workload.ts';
import type { ClusterNode } from '../world/cluster-node.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import type { Deciding } from './deciding.ts';

/** Longest that a caller waits for one try, ms. */
const PATIENCE_MS = 9_000;
const TRIES = 3;

/** Callers of one world. */
export class Callers {
  readonly #world: ClusterWorld;
  readonly #deciding: Deciding;
  readonly #accepted = new Set<string>();
  readonly #verdicts = new Map<string, { readonly verdict: Verdict; readonly by: string }>();
  #openCount = 0;

  constructor(world: ClusterWorld, deciding: Deciding) {
    this.#world = world;
    this.#deciding = deciding;
  }

  /** Callers that still wait. */
  get openCount(): number {
    return this.#openCount;
  }

  /** Plans the submissions; times are stretched over the time of the faults. */
  start(decisions: readonly PlannedDecision[], stretch: number): void {
    for (const decision of decisions) {
      for (const { atMs, isSamePayload } of decision.submissions) {
        if (!isSamePayload) continue;
        this.#world.sim.clock.setTimer(atMs * stretch, () => {
          this.#openCount += 1;
          void this.#call(decision).finally(() => (this.#openCount -= 1));
        });
      }
    }
  }

  /** Compares what was told with the record. */
  async judge(ledger: LedgerPort): Promise<void> {
    const { record } = this.#world;
    const finals = new Map<string, LedgerEntry[]>();
    const opened = new Set<string>();
    for await (const entry of ledger.read(0)) {
      const { kind, decisionId = '' } = entry;
      if (kind === 'opened') opened.add(decisionId);
      if (kind === 'final') finals.set(decisionId, [...(finals.get(decisionId) ?? []), entry]);
    }
    for (const decisionId of this.#accepted) {
      if (!opened.has(decisionId))
        record.broken('acknowledged-survives', `${decisionId} is not on the record`);
    }
    for (const decisionId of opened) {
      const [first, ...more] = finals.get(decisionId) ?? [];
      if (!first) record.broken('decisions-end', `${decisionId} is still open`);
      if (more.length > 0) record.broken('one-final', `${decisionId} has ${more.length + 1} finals`);
      const told = this.#verdicts.get(decisionId);
      if (!first) continue;
      record.count(`verdicts ${FinalPayload.parse(first.payload).body.outcome}`);
      if (told && told.verdict.record.index !== first.index)
        record.broken('answer-is-recorded', `${told.by} told of ${decisionId} at another index`);
    }
    for (const [decisionId, { by }] of this.#verdicts) {
      if (!finals.has(decisionId)) record.broken('answer-is-recorded', `${by} told of ${decisionId}`);
    }
  }

  /** Reads every accepted decision through a node; gives those that do not show a verdict. */
  async unread(node: ClusterNode, tenants: ReadonlyMap<string, string>): Promise<string[]> {
    const client = this.#deciding.client(node);
    const all = await Promise.all(
      [...this.#accepted].map(async (decisionId) => {
        const view = await client
          .read(decisionId as never, tenants.get(decisionId) ?? '')
          .catch(() => undefined);
        return view?.verdict ? '' : decisionId;
      }),
    );
    return all.filter((id) => id !== '');
  }

  /** Tenants of the accepted decisions. */
  readonly tenants = new Map<string, string>();

  async #call(decision: PlannedDecision): Promise<void> {
    const { record, seed, random } = this.#world;
    const request = requestOf(decision, true, seed);
    const principal = { id: 'user:sim', tenant: decision.tenant, scopes: [] };
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const nodes = [...this.#world.nodes.values()].filter(({ isOpen, clock }) => isOpen && !clock.isPaused);
      if (nodes.length === 0) return;
      const node = pick(random, nodes);
      record.trace.note('submit', decision.key, node.name, attempt);
      record.count('submissions');
      try {
        const client = this.#deciding.client(node);
        const submitted = await this.#within(client.submit(request, principal));
        const { decisionId } = submitted;
        this.#accepted.add(decisionId);
        this.tenants.set(decisionId, decision.tenant);
        record.trace.note('accepted', decision.key, decisionId);
        const verdict = await this.#within(submitted.verdict);
        this.#told(decisionId, verdict, node.name);
        return;
      } catch (error) {
        const { code } = toWitanError(error);
        record.count(`submissions ${code}`);
        record.trace.note('refused', decision.key, code);
        if (code === 'conflict') return;
      }
      await new Promise<void>((resolve) => void this.#world.sim.clock.setTimer(150 * attempt, resolve));
    }
  }

  #told(decisionId: string, verdict: Verdict, by: string): void {
    const { record } = this.#world;
    const { outcome, heldReason, decidedBy } = verdict.body;
    record.count('verdicts told');
    record.trace.note('verdict', decisionId, outcome, heldReason, decidedBy, verdict.record.index);
    const before = this.#verdicts.get(decisionId);
    if (before && !isDeepStrictEqual(before.verdict, verdict))
      record.broken('answer-is-recorded', `${before.by} and ${by} told two verdicts of ${decisionId}`);
    this.#verdicts.set(decisionId, { verdict, by });
  }

  /** A caller waits so long and no longer, whatever becomes of the node that it asked. */
  #within<T>(work: Promise<T>): Promise<T> {
    work.catch(() => undefined);
    const late = new Promise<never>((_resolve, reject) => {
      const timer = this.#world.sim.clock.setTimer(PATIENCE_MS, () =>
        reject(new WitanError('deadline_exceeded', 'the caller gives up')),
      );
      void work.then(
        () => timer.cancel(),
        () => timer.cancel(),
      );
    });
    return Promise.race([work, late]);
  }
}
