/** Clocks, streams, credits and networks that break what callers and operators rely on. */
import type { OrchestratorClient } from '../../../agents/platform/orchestrator/client.ts';
import { CreditSemaphore } from '../../../runtime/kernel/credit-semaphore.ts';
import type { Credit } from '../../../runtime/kernel/credit-semaphore.ts';
import type { Clock } from '../../../runtime/kernel/index.ts';
import type { DecisionEventsPort } from '../../../runtime/kernel/ports/decision/decision-events.ts';
import type { Plant } from './plant.ts';

/** Every `every`-th call gives true. */
function everyOf(every: number): () => boolean {
  let calls = 0;
  return () => (calls += 1) % every === 0;
}

/** Keeps one credit in five. */
class LeakingCredits extends CreditSemaphore {
  readonly #isLost = everyOf(5);

  override tryAcquire(key: string): Credit | undefined {
    const credit = super.tryAcquire(key);
    return credit && this.#isLost() ? { key, release: () => undefined } : credit;
  }
}

/** Followers miss one event in fifty. */
function forgetfulStream(inner: DecisionEventsPort): DecisionEventsPort {
  return {
    publish: (decisionId, body) => inner.publish(decisionId, body),
    subscribe: (decisionId, after, subscriber) => inner.subscribe(decisionId, after, subscriber),
    history: (decisionId) => inner.history(decisionId),
    subscribeAll: (subscriber) => {
      const isMissed = everyOf(50);
      return inner.subscribeAll({
        onEvent: (event) => (isMissed() ? undefined : subscriber.onEvent(event)),
        onGap: (count) => subscriber.onGap(count),
        onEnd: () => subscriber.onEnd(),
      });
    },
  };
}

/** Timers of more than 100 ms fire when twice their time has passed. */
function lateTimers(inner: Clock): Clock {
  return {
    monotonicMs: () => inner.monotonicMs(),
    wallMs: () => inner.wallMs(),
    setTimer: (delayMs, task) => inner.setTimer(delayMs > 100 ? delayMs * 2 : delayMs, task),
  };
}

/** Makes a key of its own for every call. */
function newKeyEachTime(inner: OrchestratorClient): OrchestratorClient {
  let calls = 0;
  return {
    ...inner,
    submit: (request, principal, budgetMs) => {
      calls += 1;
      return inner.submit(
        { ...request, idempotencyKey: `${request.idempotencyKey}/${calls}` },
        principal,
        budgetMs,
      );
    },
  };
}

/** Leaves one verdict in seven unanswered. */
function forgetfulClient(inner: OrchestratorClient): OrchestratorClient {
  const isForgotten = everyOf(7);
  return {
    ...inner,
    submit: async (...args) => {
      const submission = await inner.submit(...args);
      return isForgotten() ? { ...submission, verdict: new Promise(() => {}) } : submission;
    },
  };
}

/** See the head of the file. */
export const RUNTIME_PLANTS: readonly Plant[] = [
  {
    name: 'leaking-credits',
    breaks: 'credits-returned',
    what: 'one credit in five is never given back',
    admission: (options) => new LeakingCredits(options),
  },
  {
    name: 'missed-event',
    breaks: 'events-without-gaps',
    what: 'followers miss one event in fifty',
    events: forgetfulStream,
  },
  {
    name: 'late-timers',
    breaks: 'asks-end-in-time',
    what: 'timers fire at twice their time',
    clock: lateTimers,
  },
  {
    name: 'key-by-call',
    breaks: 'same-key-same-decision',
    what: 'the door makes another key each time',
    client: newKeyEachTime,
  },
  {
    name: 'unanswered',
    breaks: 'comes-to-rest',
    what: 'one verdict in seven is never told',
    client: forgetfulClient,
  },
  {
    name: 'swallowed-message',
    breaks: 'no-silent-loss',
    what: 'the network loses one message in forty and counts it nowhere',
    swallows: () => everyOf(40),
  },
  {
    name: 'endless-late-window',
    breaks: 'tree-as-before',
    what: 'a concluded session waits for late ballots for ever',
    deliberation: { lateWindowMs: 86_400_000 },
  },
  {
    name: 'no-sweeper',
    breaks: 'opened-ends',
    what: 'nobody looks for open entries past their deadline',
    sweepEveryMs: 86_400_000,
  },
];
