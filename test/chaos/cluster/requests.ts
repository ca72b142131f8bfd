/** Decisions that the load asks for: the project's examples, each a little different every time. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shardOf } from '../../../cluster/placement/rendezvous.ts';
import { decisionIdOf } from '../../../contracts/ledger/signing.ts';
import type { DecisionRequest } from '../../../contracts/messages/decision.ts';
import type { Random } from '../../../runtime/kernel/clock.ts';
import { sha256 } from '../../../runtime/kernel/crypto/digest.ts';

const EXAMPLES = join(import.meta.dirname, '../../../examples/decisions');
const NAMES = [
  'chat-benign',
  'chat-benign',
  'chat-benign',
  'loan-denial',
  'held-incomplete',
  'prompt-injection',
  'tool-call-rm-rf',
  'medication-dose',
] as const;
/** Tenant of callers on this machine (`identity.localTenant`). */
const TENANT = 'local';
/** Of `cluster.shardCount`. */
const SHARD_COUNT = 256;
/** Time for one decision, ms: a node can be replaced meanwhile. */
export const DEADLINE_MS = 20_000;

/** One thing to be decided, with the key that names it. */
export interface KeyedRequest {
  readonly key: string;
  readonly request: DecisionRequest;
}

/** Id of the decision that a key stands for. */
export function decisionOf(key: string): string {
  return decisionIdOf(TENANT, `key:${key}`, sha256);
}

/** Shard of the decision that a key stands for. */
export function shardOfKey(key: string): number {
  return shardOf('decision', decisionOf(key), SHARD_COUNT);
}

/** Makes requests whose keys nobody else makes. */
export class RequestSource {
  readonly #random: Random;
  readonly #prefix: string;
  readonly #examples: readonly DecisionRequest[];
  #count = 0;

  constructor(random: Random, prefix: string) {
    this.#random = random;
    this.#prefix = prefix;
    this.#examples = NAMES.map(
      (name) => JSON.parse(readFileSync(join(EXAMPLES, `${name}.json`), 'utf8')) as DecisionRequest,
    );
  }

  /** One more; in one of `shards` where some are given. */
  next(shards?: ReadonlySet<number>): KeyedRequest {
    let key = '';
    do key = `${this.#prefix}-${(this.#count += 1)}`;
    while (shards && shards.size > 0 && !shards.has(shardOfKey(key)));
    const example = this.#examples[Math.floor(this.#random.next() * this.#examples.length)]!;
    const context = { ...example.context, case: key };
    return { key, request: { ...example, context, deadlineMs: DEADLINE_MS } };
  }
}
