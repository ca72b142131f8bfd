/** Twelve seats as the council has them, with one light evaluator each. */
import { createSeatBehavior, SEAT_MAILBOX } from '../../../agents/kit/seat-actor.ts';
import type { SeatMailboxMessage } from '../../../agents/kit/seat-actor.ts';
import type { SeatPlan } from '../../../agents/kit/seat-plan.ts';
import { SEAT_WEIGHTS_BP, VETO_SEATS } from '../../../config/roster.ts';
import { toHex } from '../../../contracts/ledger/bytes.ts';
import type { DeliberateRequest } from '../../../contracts/messages/council.ts';
import type { Decision } from '../../../contracts/messages/decision.ts';
import type { DecisionId, KeyId, SeatId } from '../../../contracts/messages/ids.ts';
import type { SessionTerms } from '../../../contracts/messages/session.ts';
import { digestOf } from '../../../runtime/kernel/crypto/digest.ts';
import { freezeDeep } from '../../../runtime/kernel/frozen.ts';
import { spawn, spawnStateless } from '../../../runtime/kernel/index.ts';
import type { ActorSystem, Clock } from '../../../runtime/kernel/index.ts';
import { evaluatorRef } from '../../../runtime/kernel/ports/evaluator.ts';
import type { Evaluator } from '../../../runtime/kernel/ports/evaluator.ts';
import type { KeysPort } from '../../../runtime/kernel/ports/keys.ts';
import { MemoryKeys } from '../../../runtime/store/keys/memory-keys.ts';

/** Seats of the printed roster. */
export const SEATS = Object.keys(SEAT_WEIGHTS_BP) as SeatId[];

/** Whether ballots are signed: the seats of the other kind put 64 zeros where the signature stands. */
export type Signing = 'signed' | 'unsigned';

/** Where the seats of each kind live on the far node. */
export const SEAT_FOLDERS: Readonly<Record<Signing, string>> = { signed: 'council', unsigned: 'unsigned' };

/** Keys that both processes make alike. */
export function benchKeys(clock: Clock): KeysPort {
  return new MemoryKeys({ clock, seed: 'bench council' });
}

/** Plan of a seat that finds nothing, in no time. */
export function benchPlan(seat: SeatId): SeatPlan {
  const evaluator: Evaluator = {
    ...{ id: `${seat}/bench`, version: '1.0.0', digest: 'b'.repeat(64) },
    ...{ kind: 'rules', family: 'rules', remote: false },
    evaluate: () => ({
      ...{ evaluator: evaluatorRef(evaluator), kind: 'rules', family: 'rules', scoreBp: 10_000 },
      ...{ confidenceBp: 9_000, code: 'none', reasons: ['nothing was found'], spans: [] },
      ...{ basis: 'content', critical: false, applicable: true },
    }),
  };
  return {
    ...{ seat, title: seat, mandate: `Looks after ${seat}.`, evaluators: [evaluator] },
    isApplicable: () => true,
    calibration: { id: 'uncalibrated', benignConfidenceBp: 9_000, findingConfidenceBp: {}, vetoCodes: [] },
  };
}

/** Spawns the twelve of each kind. */
export function spawnBenchSeats(system: ActorSystem): void {
  const { clock } = system;
  const signed = benchKeys(clock);
  const unsigned: KeysPort = Object.assign(Object.create(signed) as KeysPort, {
    active: (purpose: string) => signed.active(purpose),
    get: (keyId: string) => signed.get(keyId),
    sign: () => new Uint8Array(64),
  });
  const keysOf = { signed, unsigned };
  for (const kind of ['signed', 'unsigned'] as const) {
    const parent = spawnStateless(system, () => undefined, SEAT_FOLDERS[kind]);
    for (const seat of SEATS) {
      // Before anybody asks: a session names the key by its id.
      signed.active(`seat/${seat}`);
      const behavior = createSeatBehavior({ plan: benchPlan(seat), keys: keysOf[kind], clock });
      spawn<undefined, SeatMailboxMessage>(parent, behavior, seat, { mailbox: SEAT_MAILBOX });
    }
  }
}

const TEXT =
  'Die Genossenschaft möchte den Vertrag der Heizung erneuern. The offer of the second supplier is ' +
  'lower by 300 euros a year and ends in spring; two members asked for the minutes of the last meeting. ';

/** Makes deliberations of decisions that differ by their id; a chat of 1.2 kB. */
export class Deliberations {
  readonly #terms: SessionTerms;
  readonly #request = {
    type: 'chat' as const,
    messages: [
      { role: 'system' as const, content: 'You help the members of a cooperative.' },
      { role: 'user' as const, content: TEXT.repeat(4) },
    ],
  };
  readonly #digest = digestOf(this.#request);
  #count = 0;

  constructor(keys: KeysPort) {
    this.#terms = {
      ...{ decisionId: '' as DecisionId, decisionDigest: this.#digest, tenant: 'bench' },
      roster: SEATS.map((seat) => {
        const { keyId, publicKey } = keys.active(`seat/${seat}`);
        return {
          ...{ seat, weightBp: SEAT_WEIGHTS_BP[seat as keyof typeof SEAT_WEIGHTS_BP] },
          ...{ keyId: keyId as KeyId, publicKey: toHex(publicKey) },
          vetoes: (VETO_SEATS as readonly string[]).includes(seat),
          ...{ evaluators: benchPlan(seat).evaluators.map(evaluatorRef), calibration: 'uncalibrated' },
        };
      }),
      ...{ thresholdBp: 7_000, quorumBp: 8_500, maxRounds: 2, remoteFamilies: ['provider/'] },
      ...{ policyRevision: 'bench', constitutionHash: 'bench', checks: [] },
    };
  }

  next(): DeliberateRequest {
    this.#count += 1;
    const decisionId = `d${this.#count.toString(16).padStart(32, '0')}` as DecisionId;
    // As the orchestrator makes it.
    const decision: Decision = freezeDeep({
      ...{ decisionId, tenant: 'bench', digest: this.#digest, request: this.#request },
    });
    const terms = { ...this.#terms, decisionId };
    const sessionDigest = digestOf(terms);
    return { type: 'deliberate', terms, sessionDigest, decision, attested: {}, budgetMs: 4_000 };
  }
}
