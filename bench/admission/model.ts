/** Load of several tenants on the credits of one node, under a clock that is moved by hand. */
import { WaitingRoom } from '../../agents/platform/orchestrator/admission/waiting-room.ts';
import type { WaitingRoomParts } from '../../agents/platform/orchestrator/admission/waiting-room.ts';
import { loadSettings } from '../../config/loader.ts';
import type { WitanError } from '../../contracts/errors.ts';
import { CreditSemaphore } from '../../runtime/kernel/credit-semaphore.ts';
import type { Credit } from '../../runtime/kernel/credit-semaphore.ts';
import { SimClock } from '../../runtime/kernel/index.ts';
import { SeededRandom } from '../../runtime/kernel/sim/seeded-random.ts';
import type { OrchestratorMessage, Submit } from '../../agents/platform/orchestrator/messages.ts';

/** How credits are given: to whom comes first, with claims of who was refused, or with a waiting room. */
export type Rule = 'first come' | 'claims' | 'waiting room';

/** What is offered; times in ms, means of exponential distributions. */
export interface Offer {
  /** Submissions a second of each tenant that does not wait for answers. */
  readonly ratePerSecond: Readonly<Record<string, number>>;
  readonly holdMs: number;
  /** A tenant `calm` that asks one after the other and comes back when it is told to; absent: none. */
  readonly calmHoldMs?: number;
}

/** What became of one tenant's submissions. */
export interface TenantResult {
  askedCount: number;
  refusedCount: number;
  doneCount: number;
  /** From the first try until a credit was there, ms, refusals and waits between included. */
  readonly letInAfterMs: number[];
}

/** Credits of the node. */
export const CREDIT_COUNT = 32;

type Reply = { readonly type: 'failed'; readonly error: WitanError } | { readonly credit: Credit };

/** Runs `durationMs` of simulated time. */
export function runModel(rule: Rule, offer: Offer, durationMs: number): Map<string, TenantResult> {
  const clock = new SimClock();
  const random = new SeededRandom(3);
  const claimMs = rule === 'first come' ? 0 : 1_000;
  const admission = new CreditSemaphore({ clock, credits: CREDIT_COUNT, claimMs });
  const enter = rule === 'waiting room' ? roomEntry(admission, clock) : directEntry(admission);
  const results = new Map<string, TenantResult>();
  const drawMs = (meanMs: number): number => -Math.log(1 - random.uint32() / 2 ** 32) * meanMs;
  const resultOf = (tenant: string): TenantResult => {
    const known = results.get(tenant);
    if (known) return known;
    const made = { askedCount: 0, refusedCount: 0, doneCount: 0, letInAfterMs: [] };
    results.set(tenant, made);
    return made;
  };
  const ask = (tenant: string, sinceMs: number, then: { ended(): void; refused(afterMs: number): void }) => {
    const result = resultOf(tenant);
    result.askedCount += 1;
    enter(tenant, (reply) => {
      if ('error' in reply) {
        result.refusedCount += 1;
        return then.refused(reply.error.details.retryAfterMs!);
      }
      result.letInAfterMs.push(clock.monotonicMs() - sinceMs);
      clock.setTimer(drawMs(tenant === 'calm' ? offer.calmHoldMs! : offer.holdMs), () => {
        result.doneCount += 1;
        reply.credit.release();
        then.ended();
      });
    });
  };
  const nothing = { ended: () => undefined, refused: () => undefined };
  for (const [tenant, ratePerSecond] of Object.entries(offer.ratePerSecond)) {
    const next = (): void => {
      ask(tenant, clock.monotonicMs(), nothing);
      clock.setTimer(drawMs(1_000 / ratePerSecond), next);
    };
    next();
  }
  const askCalmly = (): void => {
    const sinceMs = clock.monotonicMs();
    const attempt = (): void =>
      ask('calm', sinceMs, {
        ended: () => void clock.setTimer(1, askCalmly),
        refused: (afterMs) => void clock.setTimer(afterMs, attempt),
      });
    attempt();
  };
  if (offer.calmHoldMs !== undefined) askCalmly();
  clock.advance(durationMs);
  return results;
}

type Entry = (tenant: string, reply: (reply: Reply) => void) => void;

function directEntry(admission: CreditSemaphore): Entry {
  return (tenant, reply) => {
    const credit = admission.tryAcquire(tenant);
    reply(credit ? { credit } : { type: 'failed', error: admission.overloaded() });
  };
}

/** A room whose messages are handled at once: the model has no queue of an actor. */
function roomEntry(admission: CreditSemaphore, clock: SimClock): Entry {
  const timers = new Map<string, { cancel(): void }>();
  const tell = (message: OrchestratorMessage): void => {
    if (message.type === 'done') message.finish();
  };
  const ctx = {
    self: { tell },
    setTimer: (name: string, delayMs: number, message: OrchestratorMessage) => {
      const timer = clock.setTimer(delayMs, () => tell(message));
      timers.set(name, timer);
      return timer;
    },
    cancelTimer: (name: string) => {
      timers.get(name)?.cancel();
      timers.delete(name);
    },
  } as unknown as WaitingRoomParts['ctx'];
  const open: WaitingRoomParts['open'] = ({ submits }, credit) =>
    (submits[0]!.replyTo as unknown as { tell(reply: Reply): void }).tell({ credit });
  const settings = loadSettings().settings.admission;
  const room = new WaitingRoom({ admission, clock, settings, ctx, open });
  let count = 0;
  return (tenant, reply) => {
    count += 1;
    const submit = { principal: { tenant }, replyTo: { tell: reply } } as unknown as Submit;
    const decision = { decisionId: `d${count}`, tenant } as unknown as Parameters<
      WaitingRoom['enter']
    >[0]['decision'];
    try {
      room.enter({ decision, submits: [submit], budgetMs: 5_000, traceparent: undefined });
    } catch (error) {
      reply({ type: 'failed', error: error as WitanError });
    }
  };
}
